"""A self-hosted home for Mercurial and Git repositories."""

__version__ = "1.0.0.dev1"
