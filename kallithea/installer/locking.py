"""One command at a time in a home."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from kallithea.installer.errors import Refused

if sys.platform == "win32":
    import msvcrt

    def _take(file: IO[str]) -> None:
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _take(file: IO[str]) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock of a home; who is killed holds it no more. Raises Refused while somebody else does."""
    with path.open("a", encoding="utf-8") as file:
        try:
            _take(file)
        except OSError as error:
            raise Refused(f"Another command works in {path.parent}.", hint="Wait until it has ended.") from error
        yield
