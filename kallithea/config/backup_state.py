"""How old the newest backup and the last drill are, for those who watch a server."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from kallithea.config.settings import Settings
from kallithea.services.backups.drill import last_drill
from kallithea.services.backups.generations import Generations

LATE = 2
"""How many times as old as planned something may become before it is said."""
UNPLANNED = timedelta(days=8)
"""How old a backup may become where the server itself makes none: others make them every week at least."""


def backup_ages(settings: Settings, now: datetime) -> Iterator[tuple[str, float]]:
    """The metrics of backups that there are: seconds since the newest, since the last drill, and what that one found."""
    if settings.backup_path is None:
        return
    generations = Generations(settings.backup_path)
    if made_at := generations.newest_moment():
        yield "kallithea_backup_age_seconds", (now - made_at).total_seconds()
    if drill := last_drill(generations):
        yield "kallithea_backup_drill_age_seconds", (now - drill.at).total_seconds()
        yield "kallithea_backup_drill_problems", len(drill.problems)


def backup_doubts(settings: Settings, now: datetime) -> Iterator[str]:
    """What is wrong with backups, a sentence each; nothing where none are wanted."""
    if settings.backup_path is None:
        return
    generations = Generations(settings.backup_path)
    try:
        made_at, drill = generations.newest_moment(), last_drill(generations)
    except OSError as error:
        yield f"{settings.backup_path} cannot be read: {error.strerror}."
        return
    if made_at is None:
        yield f"There is no backup in {settings.backup_path} yet."
        return
    oldest = LATE * timedelta(hours=settings.backup_every) if settings.backup_every else UNPLANNED
    if now - made_at > oldest:
        yield f"The newest backup is too old: it was made {_told(now - made_at)} ago."
    if drill and drill.problems:
        yield f"The backup {drill.backup} could not be restored when that was tried: {drill.problems[0]}"
    if settings.backup_drill_every and now - made_at <= oldest:
        if drill is None:
            yield "No backup was restored yet to see whether it can be: kallithea-cli backup-drill does that."
        elif now - drill.at > LATE * timedelta(days=settings.backup_drill_every):
            yield f"The last time that a backup was restored to try it is {_told(now - drill.at)} ago."


def _told(age: timedelta) -> str:
    hours = age.total_seconds() / 3600
    return f"{hours / 24:.0f} days" if hours >= 48 else f"{hours:.0f} hours"
