"""Histories to test backends with, written by the real `hg` and `git` commands and never by our own code."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol


class History(Protocol):
    """A working copy in which real commands make a history, and the bare repository in the store that it is pushed to.

    Times are fixed: the n-th commit happens n minutes after 2020-01-01 10:00 +0100, by `Ann Author <ann@example.com>`.
    """

    kind: str
    work: Path
    """The client's working copy."""
    store: Path
    """The folder that the backend under test opens (for hg without a working copy, for git bare)."""

    def commit(
        self,
        files: Mapping[str, bytes | None] | None = None,
        message: str = "A change",
        *,
        branch: str | None = None,
        author: str | None = None,
        rename: tuple[str, str] | None = None,
        executable: str | None = None,
        symlink: tuple[str, str] | None = None,
    ) -> str:
        """Write (None: remove) files and commit; returns the full id. With `branch`, first switch to it, making it if new."""
        ...

    def merge(self, branch: str, message: str = "Merge") -> str:
        """Merge another branch into the current one; returns the full id."""
        ...

    def tag(self, name: str) -> None: ...

    def switch(self, branch: str) -> None: ...

    def publish(self) -> None:
        """Bring everything to the store folder."""
        ...
