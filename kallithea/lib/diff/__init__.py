"""Makes differences easier to read."""
