"""Makes the one-file installers; developers' code, which needs an index of packages."""
