"""What the databases say when something is wrong with them, in words for people: the one place that reads their errors."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from sqlalchemy.exc import DBAPIError, StatementError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm.exc import StaleDataError

from kallithea.lib import disks
from kallithea.lib.errors import Conflict, Invalid, KallitheaError, Unavailable

log = logging.getLogger(__name__)


class Trouble(Enum):
    """What can be wrong with a database."""

    GONE = "it cannot be reached"
    REFUSED = "it refuses the user or the password"
    MISSING = "there is no such database"
    CROWDED = "it takes no more connections"
    BUSY = "others had it for too long"
    FULL = "its disk is full"
    READ_ONLY = "it can only be read"
    BROKEN = "its file is damaged or cannot be read"
    DOUBLE = "the same is there already"
    UNREADABLE = "a value cannot be kept"


@dataclass(frozen=True, slots=True)
class Said:
    """How an error of a driver is recognised: the code that it has, or words that it says."""

    codes: frozenset[str | int]
    words: re.Pattern[str]


def _said(words: str, *codes: str | int) -> Said:
    return Said(frozenset(codes), re.compile(words, re.IGNORECASE))


_NEVER = r"(?!)"

# PostgreSQL has SQLSTATEs (its manual, appendix A), but libpq only words while it connects; SQLite has words in Python 3.10.
SAID: Mapping[str, Mapping[Trouble, Said]] = {
    "sqlite": {
        Trouble.BUSY:       _said(r"database (table |schema )?is locked"),
        Trouble.FULL:       _said(r"database or disk is full|No space left"),
        Trouble.READ_ONLY:  _said(r"attempt to write a readonly database"),
        Trouble.GONE:       _said(r"unable to open database file"),
        Trouble.BROKEN:     _said(r"disk I/O error|file is not a database|malformed|not authorized"),
        Trouble.DOUBLE:     _said(r"(UNIQUE|FOREIGN KEY) constraint failed"),
        Trouble.UNREADABLE: _said(r"surrogates not allowed|too large to convert|string or blob too big"),
    },
    "postgresql": {
        Trouble.REFUSED:    _said(r"authentication failed|no password supplied|role .* does not exist", "28P01", "28000"),
        Trouble.MISSING:    _said(r"database .* does not exist", "3D000"),
        Trouble.CROWDED:    _said(r"too many (clients|connections)|remaining connection slots", "53300"),
        Trouble.BUSY:       _said(_NEVER, "40001", "40P01", "55P03", "57014"),
        Trouble.FULL:       _said(r"No space left on device", "53100"),
        Trouble.READ_ONLY:  _said(_NEVER, "25006"),
        Trouble.DOUBLE:     _said(_NEVER, "23505", "23503"),
        Trouble.UNREADABLE: _said(r"cannot contain NUL|surrogates not allowed", "22001", "22003", "22021", "22P05"),
        Trouble.GONE:       _said(
            r"connection (is |was )?(failed|refused|lost|closed|timed? ?out|already closed)|server closed the connection|"
            r"could not (connect|receive|send)|starting up|shutting down|terminating connection|failed to resolve|"
            r"timeout expired|consuming input failed|sending query failed",
            "57P01", "57P02", "57P03", "57P05", "08000", "08001", "08003", "08004", "08006",
        ),
    },
    "mysql": {
        Trouble.REFUSED:    _said(_NEVER, 1045, 1698),
        Trouble.MISSING:    _said(_NEVER, 1044, 1049),
        Trouble.CROWDED:    _said(_NEVER, 1040, 1203, 1226),
        Trouble.BUSY:       _said(_NEVER, 1205, 1213, 1020, 3572),
        Trouble.FULL:       _said(_NEVER, 3, 1021, 1114),
        Trouble.READ_ONLY:  _said(_NEVER, 1290, 1792, 1836, 3989),
        Trouble.DOUBLE:     _said(_NEVER, 1062, 1451, 1452),
        Trouble.UNREADABLE: _said(r"surrogates not allowed", 1264, 1366, 1406),
        Trouble.GONE:       _said(
            r"interface ?error.*\(0, ''\)|Packet sequence", 0, 1053, 1317, 1927, 2002, 2003, 2005, 2006, 2013, 2014, 2055
        ),
    },
}  # fmt: skip

_AGAIN = "Try again in a minute."
_READING = f"Reading goes on. {_AGAIN}"
TOLD: Mapping[Trouble, tuple[type[KallitheaError], str, str]] = {
    Trouble.GONE:       (Unavailable, "The database cannot be reached at the moment.", _AGAIN),
    Trouble.REFUSED:    (Unavailable, "The database cannot be reached at the moment.", _AGAIN),
    Trouble.MISSING:    (Unavailable, "The database cannot be reached at the moment.", _AGAIN),
    Trouble.BROKEN:     (Unavailable, "The database cannot be reached at the moment.", _AGAIN),
    Trouble.CROWDED:    (Unavailable, "The database has too many visitors at the moment.", _AGAIN),
    Trouble.BUSY:       (Unavailable, "The database was kept busy by others for too long; nothing was changed.", _AGAIN),
    Trouble.FULL:       (Unavailable, "The server's disk is full, so nothing can be changed.", _READING),
    Trouble.READ_ONLY:  (Unavailable, "The database can only be read at the moment.", _READING),
    Trouble.DOUBLE:     (Conflict, "Somebody else changed the same at the same moment.", "Look at it again."),
    Trouble.UNREADABLE: (Invalid, "A text is too long, or has characters that cannot be kept.", "Change it."),
}  # fmt: skip
_OF_THE_REQUEST = frozenset({Trouble.BUSY, Trouble.DOUBLE, Trouble.UNREADABLE})
"""What says something about one request rather than about the database."""


def trouble(error: BaseException) -> Trouble | None:
    """What is wrong with the database, or None for a defect of ours."""
    if isinstance(error, PoolTimeout):
        return Trouble.CROWDED
    if isinstance(error, StaleDataError):
        return Trouble.DOUBLE
    if isinstance(error, UnicodeEncodeError) or (
        isinstance(error, StatementError) and isinstance(error.orig, UnicodeEncodeError | OverflowError)
    ):
        return Trouble.UNREADABLE
    if not isinstance(error, DBAPIError) or error.orig is None:
        return None
    return _of_driver(error.orig) or (Trouble.GONE if error.connection_invalidated else None)


def told(error: BaseException) -> KallitheaError | None:
    """The error for people that stands for one of the database or of a disk, or None for a defect of ours."""
    if (found := trouble(error)) is None:
        return disks.unavailable(error)
    kind, message, hint = TOLD[found]
    return kind(message, hint=hint)


class OutageLog:
    """Writes down that the database is in trouble: once, until all is well again. Safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._now: Trouble | None = None

    def met(self, error: BaseException) -> None:
        """A request met this error."""
        found = trouble(error)
        if found is None:
            log.warning("%s", error)
            return
        if found in _OF_THE_REQUEST:
            log.info("The database: %s", first_line(error))
            return
        with self._lock:
            is_known, self._now = self._now is found, found
        if not is_known:
            log.error("The database is in trouble, %s: %s", found.value, first_line(error))

    def well(self, *, wrote: bool) -> None:
        """A request was served; a full disk is only over when something was written."""
        if self._now is None or (not wrote and self._now in (Trouble.FULL, Trouble.READ_ONLY)):
            return
        with self._lock:
            before, self._now = self._now, None
        if before is not None:
            log.warning("The database is well again.")


def first_line(error: BaseException) -> str:
    """What the driver said, without the statement and its values."""
    said = getattr(error, "orig", None) or error
    code = said.args[0] if said.args and isinstance(said.args[0], int) else None
    text = str(said.args[1] if code is not None and len(said.args) > 1 else said).strip()
    return (text.splitlines() or [type(said).__name__])[0]


def _of_driver(error: BaseException) -> Trouble | None:
    module = type(error).__module__.partition(".")[0]
    dialect = {"sqlite3": "sqlite", "psycopg": "postgresql", "pymysql": "mysql"}.get(module, "")
    code: str | int | None = getattr(error, "sqlstate", None)
    if dialect == "mysql" and error.args and isinstance(error.args[0], int):
        code = error.args[0]
    for kind, said in SAID.get(dialect, {}).items():
        if code in said.codes or (code is None and said.words.search(str(error))):
            return kind
    return None
