"""The composition root: reads the configuration and builds everything from it."""
