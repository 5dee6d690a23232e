"""The instance tries itself: as a user, as somebody who wants in, and as a machine. One file per subject of checks."""
