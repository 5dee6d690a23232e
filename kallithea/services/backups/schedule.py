"""When the next backup and the next drill are due, where the server makes them by itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from kallithea.services.backups.drill import last_drill
from kallithea.services.backups.generations import Generations


@dataclass(frozen=True, slots=True)
class Schedule:
    """What the settings say; commands do the work, in processes of their own."""

    folder: Path
    ini_file: Path
    every: timedelta | None
    """How old the newest backup may become; None: nobody makes one."""
    keep: int
    drill_every: timedelta | None

    def is_backup_due(self, now: datetime) -> bool:
        """Whether the newest backup is too old, or there is none."""
        if self.every is None:
            return False
        newest = Generations(self.folder).newest()
        return newest is None or newest.summary is None or now - newest.summary.taken_at >= self.every

    def is_drill_due(self, now: datetime) -> bool:
        """Whether the last drill is too long ago, or found something, or there was none; not before there is a backup."""
        if self.drill_every is None or Generations(self.folder).newest() is None:
            return False
        last = last_drill(Generations(self.folder))
        return last is None or bool(last.problems) or now - last.at >= self.drill_every
