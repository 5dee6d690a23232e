"""When the server makes backups by itself, from the settings."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from kallithea.config.settings import Settings
from kallithea.services.backups.schedule import Schedule


def schedule_of(settings: Settings) -> Schedule | None:
    """What the settings say; None where there is no folder for backups, or no ini file that a command could be given."""
    if settings.backup_path is None or not settings.ini_file:
        return None
    every, drill_every = settings.backup_every, settings.backup_drill_every
    return Schedule(
        folder=settings.backup_path,
        ini_file=Path(settings.ini_file),
        every=timedelta(hours=every) if every else None,
        keep=settings.backup_keep,
        drill_every=timedelta(days=drill_every) if drill_every else None,
    )
