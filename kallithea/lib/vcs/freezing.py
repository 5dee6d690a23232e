"""Making a copy of a folder at one moment: by hard links where files never change in place, which costs next to nothing."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

COPIED_INSTEAD = frozenset({errno.EXDEV, errno.EPERM, errno.EMLINK, errno.EOPNOTSUPP, errno.ENOSYS})
"""What link(2) says between file systems, on those without hard links, and for a file that has too many names."""


def link_or_copy(source: Path, target: Path) -> None:
    """Give a file that never changes another name, or copy it where that cannot be."""
    try:
        target.hardlink_to(source)
    except OSError as error:
        if error.errno not in COPIED_INSTEAD:
            raise
        shutil.copy2(source, target)


def freeze_folder(
    source: Path, target: Path, *, leaves_out: Callable[[str], bool], never_changes: Callable[[str], bool], inner: str = ""
) -> None:
    """Make the folder `target` like `source`. Both questions are asked with the path from there, in `/` notation.

    What vanishes meanwhile is passed over: whoever calls knows what may.
    """
    target.mkdir(exist_ok=True)
    with os.scandir(source) as entries:
        for entry in entries:
            name = f"{inner}{entry.name}"
            if leaves_out(name):
                continue
            with suppress(FileNotFoundError):
                _freeze(entry, target / entry.name, name, leaves_out, never_changes)


def _freeze(
    entry: os.DirEntry[str], target: Path, name: str, leaves_out: Callable[[str], bool], never_changes: Callable[[str], bool]
) -> None:
    if entry.is_symlink():
        target.symlink_to(os.readlink(entry.path))  # noqa: PTH115 - the text of the link as it is
    elif entry.is_dir(follow_symlinks=False):
        freeze_folder(Path(entry.path), target, leaves_out=leaves_out, never_changes=never_changes, inner=f"{name}/")
        shutil.copymode(entry.path, target)
    elif entry.is_file(follow_symlinks=False):
        if never_changes(name):
            if not target.exists():
                link_or_copy(Path(entry.path), target)
        else:
            shutil.copy2(entry.path, target)
