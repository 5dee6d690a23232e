"""Rooms that know no database, no web and no settings."""
