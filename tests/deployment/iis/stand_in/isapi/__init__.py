"""A stand-in for the package `isapi` of pywin32, as far as it is used, written from its documentation."""

from __future__ import annotations


class ISAPIError(Exception):
    """Raised by what IIS refuses: the number of the error, its text, and the function."""

    def __init__(self, errno: int, strerror: str | None = None, funcname: str | None = None) -> None:
        super().__init__(errno, strerror, funcname)
        self.errno = errno
        self.strerror = strerror
        self.funcname = funcname


class ExtensionError(ISAPIError):
    """Raised in extensions."""
