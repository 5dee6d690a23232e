"""What a disk says that takes nothing more, in words for people."""

from __future__ import annotations

import errno

from kallithea.lib.errors import Unavailable

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_READ_ONLY = frozenset({errno.EROFS, errno.EACCES, errno.EPERM})


def unavailable(error: BaseException) -> Unavailable | None:
    """The error for people where a disk is full or can only be read, or None for every other one."""
    if not isinstance(error, OSError):
        return None
    if error.errno in _FULL:
        return Unavailable("The server's disk is full: no space left for changes.", hint="Reading goes on. Try again later.")
    if error.errno in _READ_ONLY:
        return Unavailable("The server can only read its files at the moment.", hint="Reading goes on. Try again later.")
    return None
