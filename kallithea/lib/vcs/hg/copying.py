"""Copies an hg repository: what its readers are shown, sharing the files of the store where they hold nothing else.

Mercurial never changes a file of the store that has a second name: whoever opens one to write gets a copy of its own first
(mercurial/vfs.py, `nlink`), and so do rolling back and stripping, which truncate. That holds while nobody has the file open to
write already, so the links are made under the locks of the parent.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from kallithea.lib.vcs.backend import StopSignal
from kallithea.lib.vcs.hg import opened, recovery
from kallithea.lib.vcs.hg.aside import run_hg
from kallithea.lib.vcs.locks import writer_lock

LEFT_BEHIND = ("hgrc", "hgrc-not-shared", "dirstate", "branch", "bookmarks.current", "last-message.txt", "undo.desc")
"""What Mercurial writes into a clone and a served repository has no use for: `hgrc` names the folder of the parent."""
PATIENCE = 60.0
"""Seconds to wait for a push to the parent to end."""


def copy_repository(folder: Path, target: Path, *, publishing: bool, stop: StopSignal | None, inherited: Sequence[int]) -> None:
    """Make `target` a copy of what readers of the repository in `folder` may pull."""
    opened.stamp_of(folder)
    with writer_lock(folder, patience=PATIENCE) as lock:
        repo = opened.unfiltered(folder, publishing=publishing)
        recovery.mend(folder, repo)
        is_shared = _is_all_for_readers(repo)
        if is_shared:
            _clone(folder, target, publishing=publishing, stop=stop, inherited=(*inherited, lock))
    if not is_shared:
        _clone(folder, target, "--pull", publishing=publishing, stop=stop, inherited=inherited)
    for name in LEFT_BEHIND:
        with suppress(FileNotFoundError):
            (target / ".hg" / name).unlink()


def _is_all_for_readers(repo: Any) -> bool:
    """Whether readers see every commit, and no marker names one that is not there any more."""
    return not repo.filtered(b"served").changelog.filteredrevs and not repo.obsstore


def _clone(
    folder: Path, target: Path, *options: str, publishing: bool, stop: StopSignal | None, inherited: Sequence[int]
) -> None:
    """Clone as Mercurial does between folders: with hard links unless it pulls, which takes what is served alone."""
    publish = f"phases.publish={'yes' if publishing else 'no'}"
    command = ("clone", "--noupdate", "--quiet", "--config", publish, *options, os.fspath(folder), os.fspath(target))
    run_hg(*command, stop=stop, inherited=inherited)
