"""The one file, and what it does on a machine."""
