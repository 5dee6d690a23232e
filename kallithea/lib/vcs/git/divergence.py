"""Counts how far two commits have gone different ways."""

from __future__ import annotations

import time

from kallithea.lib.vcs.git.folder import Folder
from kallithea.lib.vcs.git.streams import OutOfTime, lines_until
from kallithea.lib.vcs.objects import CommitId
from kallithea.lib.vcs.walks import Divergence


def count_divergence(folder: Folder, base: CommitId, other: CommitId, *, seconds: float) -> Divergence | None:
    """How many commits each has that the other has not; None if that takes too long."""
    arguments = ("rev-list", "--left-right", "--count", f"{base.hex}...{other.hex}", "--")
    with folder.git.reading(folder.path, *arguments) as stream:
        try:
            told = next(lines_until(stream, time.monotonic() + seconds))
        except OutOfTime:
            return None
        behind, ahead = told.split()
        return Divergence(ahead=int(ahead), behind=int(behind))
