"""Files that are there whole or not at all, also after the power failed."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any


def replace_text(path: Path, text: str, *, mode: int = 0o644) -> None:
    """Put this text in place of what was there; whoever reads sees one or the other."""
    draft = path.with_name(f"{path.name}.part")
    draft.unlink(missing_ok=True)
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def sync_folder(path: Path) -> None:
    """Have the names in a folder on the disk; Windows does so by itself."""
    if os.name != "nt":
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def remove_tree(path: Path) -> None:
    """Remove a folder with all that is in it, or a file, or nothing."""
    if path.is_symlink() or path.is_file():
        path.unlink()
    elif path.exists():
        shutil.rmtree(path, onerror=_made_writable)


def _made_writable(function: Callable[[str], Any], path: str, _: Any) -> None:
    """Windows does not remove what is read-only."""
    if not os.path.exists(path):  # noqa: PTH110
        return
    os.chmod(path, stat.S_IRWXU)  # noqa: PTH101
    function(path)
