"""The whole Mercurial configuration that repositories are opened with."""

from __future__ import annotations

import logging
from functools import cache
from typing import Any

from mercurial import encoding, initialization
from mercurial import ui as uimod

log = logging.getLogger(__name__)

# Set again: a program that imported Mercurial before us may have left its own.
encoding.encoding = b"utf-8"

# Registers what handles the parts of a bundle; nothing else imports it (mercurial/initialization.py).
initialization.init()

SETTINGS: tuple[tuple[bytes, bytes, bytes], ...] = (
    (b"ui", b"nontty", b"yes"),
    (b"ui", b"interactive", b"no"),
    (b"ui", b"report_untrusted", b"no"),
    (b"ui", b"signal-safe-lock", b"no"),  # signal handlers can be set in the main thread only
    (b"ui", b"timeout", b"30"),  # seconds; only a hand-run `hg` can hold Mercurial's locks, see recovery.py
    (b"progress", b"disable", b"yes"),
    (b"worker", b"enabled", b"no"),
    (b"server", b"validate", b"yes"),
    (b"server", b"streamunbundle", b"yes"),  # helper.py has the whole bundle on disk before it asks for the lock
    # Markers of changeset evolution are kept and passed on; what is obsolete is hidden, as with every other hg server.
    (b"experimental", b"evolution.createmarkers", b"yes"),
    (b"experimental", b"evolution.exchange", b"yes"),
    # Repositories made by an hg with Rust extensions open without them as well, only slower.
    (b"storage", b"revlog.persistent-nodemap.slow-path", b"allow"),
)


class MessageLog:
    """Stands in for the terminal: what Mercurial prints becomes lines of our log."""

    def __init__(self, level: int) -> None:
        self._level = level

    def write(self, text: bytes) -> int:
        message = text.decode("utf-8", "replace").strip()
        if message:
            log.log(self._level, "hg: %s", message)
        return len(text)

    def flush(self) -> None:
        """Nothing is held back."""

    def isatty(self) -> bool:
        return False


@cache
def base_ui(publishing: bool) -> Any:
    """The configuration to open repositories with; Mercurial copies it and never changes it."""
    ui = uimod.ui()
    for section, name, value in SETTINGS:
        ui.setconfig(section, name, value, b"kallithea")
    ui.setconfig(b"phases", b"publish", b"yes" if publishing else b"no", b"kallithea")
    ui.fout = MessageLog(logging.DEBUG)
    ui.ferr = MessageLog(logging.WARNING)
    return ui
