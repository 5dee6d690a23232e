"""Commands work in UTF-8, whatever the environment says: names of files and what is stored must not depend on a terminal."""

from __future__ import annotations

import io
import os
import sys


def ensure_utf8() -> None:
    """Begin anew in Python's UTF-8 mode where the environment is one of another encoding.

    Python does so by itself for the locales C and POSIX and for those that are not installed, but not for ISO-8859-1 and its
    like. What is printed where UTF-8 was ruled out is escaped rather than an error.
    """
    if not is_utf8(sys.getfilesystemencoding()) and not sys.flags.utf8_mode:
        options = [sys.executable, "-X", "utf8"]
        # The same program again, with arguments as they are.
        os.execv(sys.executable, [*map(os.fsencode, options), *(in_utf8(word) for word in sys.orig_argv[1:])])  # noqa: S606 - no shell is wanted
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and not is_utf8(stream.encoding):
            stream.reconfigure(errors="backslashreplace")


def in_utf8(argument: str) -> bytes:
    """An argument in UTF-8: as it came where that is what it is, else translated from the encoding of the environment."""
    came = os.fsencode(argument)
    try:
        came.decode("utf-8")
    except UnicodeDecodeError:
        return argument.encode("utf-8", "surrogateescape")
    return came


def is_utf8(encoding: str) -> bool:
    return encoding.lower().replace("_", "-") in ("utf-8", "utf8")
