"""Mends what a dead writer left: abandoned transactions and Mercurial's own locks."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import Any

from mercurial import lock as hglock

log = logging.getLogger(__name__)

HG_LOCKS = (".hg/wlock", ".hg/store/lock")
JOURNAL = ".hg/store/journal"


def mend(folder: Path, repo: Any) -> None:
    """Make a repository writable again; called by who holds its writer lock, so that no process of ours can be writing.

    A lock that a hand-run `hg` of this machine holds is left alone.
    """
    for name in HG_LOCKS:
        _break_if_stale(folder / name)
    if (folder / JOURNAL).exists() and not (folder / HG_LOCKS[1]).is_symlink():
        log.warning("rolling back the transaction that a dead writer left in %s", folder)
        repo.recover()


def _break_if_stale(path: Path) -> None:
    """Remove a lock (a symbolic link to `host:pid`, see mercurial/lock.py) whose owner is dead or on another machine."""
    try:
        host, _, pid = os.fsencode(path.readlink()).rpartition(b":")
        made = path.lstat().st_mtime
    except OSError:
        return  # not there, or no lock of ours
    if host == hglock._getlockprefix() and pid.isdigit() and _was_running(int(pid), at=made):
        return
    log.warning("removing the lock %s of a dead process", path)
    path.unlink(missing_ok=True)


def _was_running(pid: int, *, at: float) -> bool:
    """Whether the process with this id is the one that ran at that time; ids come again, above all in containers."""
    if pid == os.getpid():
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    started = _started(pid)
    # A second of grace: both clocks are coarse, and to keep a stale lock costs less than to break a living one.
    return started is None or started <= at + 1.0


def _started(pid: int) -> float | None:
    """When a process started, in seconds since the epoch; None where there is no /proc (proc(5))."""
    try:
        ticks = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
        boot = next(line for line in Path("/proc/stat").read_text().splitlines() if line.startswith("btime "))
    except (OSError, StopIteration, IndexError):
        return None
    return int(boot.split()[1]) + int(ticks) / os.sysconf("SC_CLK_TCK")
