"""Freezes an hg repository: everything in it as it is, for who holds its writer lock.

Mercurial never changes a file of the store that has a second name, it first gives itself a copy (see `copying.py`). So the logs
are linked while nobody writes, and from then on they stay as they were, without a copy and without a long wait for anybody.
"""

from __future__ import annotations

import re
from pathlib import Path

from mercurial import error

from kallithea.lib.vcs.errors import RepositoryBusy
from kallithea.lib.vcs.freezing import freeze_folder
from kallithea.lib.vcs.hg import opened, recovery

LOGS = re.compile(r"\.hg/(?:store/.*\.[id]|largefiles/[0-9a-f]{40})")
# Caches, locks, what a checkout was like, and what undoes the last transaction; beside .hg there are only files of a checkout.
LEFT_OUT = re.compile(
    r"(?!\.hg(?:/|$)).*|\.hg/(?:cache|wcache|wlock|dirstate.*|undo\..*|store/(?:lock|journal.*|undo\..*|undo|undo\.backup.*))"
)


def freeze_repository(source: Path, target: Path) -> None:
    """Make `target` like the repository in `source`. Raises RepositoryMissing, RepositoryBusy for a hand-run hg that writes."""
    opened.stamp_of(source)
    repo = opened.unfiltered(source, publishing=True)
    recovery.mend(source, repo)
    try:
        with repo.lock(wait=False):
            freeze_folder(source, target, leaves_out=_is_left_out, never_changes=_is_log)
    except error.LockHeld as held:
        raise RepositoryBusy("Somebody else is writing to this repository.", hint="Try again in a moment.") from held


def _is_log(name: str) -> bool:
    return LOGS.fullmatch(name) is not None


def _is_left_out(name: str) -> bool:
    return LEFT_OUT.fullmatch(name) is not None
