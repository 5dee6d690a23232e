"""Brings a push to the platter: Mercurial itself never calls fsync."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from kallithea.lib.vcs.flushing import sync_file_system, sync_path

ALWAYS = ("00changelog.i", "00changelog.d", "00manifest.i", "00manifest.d", "fncache", "phaseroots", "obsstore", "bookmarks")
BESIDE_STORE = ("bookmarks",)
FEW = 64
"""Up to so many files are synced one by one; more are cheaper with one syncfs(2) of the whole file system."""


def journalled_files(repo: Any) -> list[bytes]:
    """The store files that the running transaction writes, by their names in the store."""
    transaction = repo.currenttransaction()
    return [name for name, _ in transaction.readjournal()] if transaction else []


def sync(repo: Any, names: Iterable[bytes]) -> None:
    """Return when the named store files, the files that always change and their folders are on disk."""
    files = {os.fsdecode(repo.svfs.join(name)) for name in names}
    files |= {os.fsdecode(repo.sjoin(os.fsencode(name))) for name in ALWAYS}
    files |= {os.fsdecode(repo.vfs.join(os.fsencode(name))) for name in BESIDE_STORE}
    # Small files grow a companion when they leave the inline format (mercurial/revlog.py): foo.i -> foo.d.
    files |= {f"{name[:-2]}.d" for name in files if name.endswith(".i")}
    if len(files) > FEW and sync_file_system(os.fsdecode(repo.spath)):
        return
    for name in files:
        sync_path(name)
    for folder in {Path(name).parent for name in files}:
        sync_path(str(folder))
