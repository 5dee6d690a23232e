"""How log records become lines: one record is one line, with the id of its request, and never with a secret.

What visitors send ends up in logs, so a line must not be able to look like two, nor to move the cursor of a terminal. The
sections of an ini file name these classes: `class = kallithea.config.logging.JsonFormatter`.
"""

from __future__ import annotations

import json
import logging
import re
import time
from collections.abc import Mapping

from kallithea.lib import trace

NO_REQUEST = "-"

_SECRETS = (
    # https://name:password@host
    (re.compile(r"//[^/\s@\"']+@"), "//***@"),
    # Authorization: Basic …
    (re.compile(r"\b(Basic|Bearer)\s+[A-Za-z0-9+/=._~-]{8,}"), r"\1 ***"),
    # kal_…, wherever it stands
    (re.compile(r"\bkald?_[a-z2-7]{8,}"), "kal_***"),
    # password=…, "token": "…"
    (
        re.compile(
            r"((?:password|passwd|secret|token|api_key|apikey|authorization|cookie)[\"']?\s*[=:]\s*)"
            r"(?!\s*(?:Basic|Bearer)\b)(?:\"[^\"]*\"|'[^']*'|[^\s&;,\"']+)",
            re.IGNORECASE,
        ),
        r"\1***",
    ),
    # What SQLAlchemy adds to its errors: hashes of passwords and tokens may be among the values.
    (re.compile(r"\[parameters: .*\]"), "[parameters: ***]"),
)
_MAY_BE_SECRET = re.compile(r"[=:]|Basic|Bearer|kald?_")


class Fields(Mapping[str, object]):
    """A message of named values: `key=value` in plain lines, members of their own in JSON."""

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, object]) -> None:
        self._values = values

    def __getitem__(self, name: str) -> object:
        return self._values[name]

    def __iter__(self):  # type: ignore[no-untyped-def] # said by Mapping
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __str__(self) -> str:
        return " ".join([f"{name}={shown(value)}" for name, value in self._values.items()])


class PlainFormatter(logging.Formatter):
    """Lines for people; `%(request_id)s` may stand in the format. Tracebacks follow, each of their lines indented."""

    def format(self, record: logging.LogRecord) -> str:
        # Fields are escaped value by value, which is cheaper: most have nothing that could be a secret.
        is_safe = isinstance(record.msg, Fields)
        record.message = str(record.msg) if is_safe else one_line(without_secrets(record.getMessage()))
        record.request_id = request_id()
        if self.usesTime():
            record.asctime = self.formatTime(record, self.datefmt)
        return self.formatMessage(record) + "".join(f"\n    {line}" for line in _traceback(self, record))


class JsonFormatter(logging.Formatter):
    """Lines for programs: one JSON object each, in ASCII, with the time in UTC."""

    def format(self, record: logging.LogRecord) -> str:
        found: dict[str, object] = {
            "time": f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(record.created))}.{int(record.msecs):03d}Z",
            "level": record.levelname,
            "logger": record.name,
            "request_id": request_id(),
        }
        if isinstance(record.msg, Fields):
            found |= {name: without_secrets(v) if isinstance(v, str) else v for name, v in record.msg.items()}
        else:
            found["message"] = without_secrets(record.getMessage())
        if lines := _traceback(self, record):
            found["traceback"] = "\n".join(lines)
        return json.dumps(found, default=str)


def request_id() -> str:
    """The id of the request that this thread works for."""
    current = trace.current()
    return current.id if current is not None else NO_REQUEST


def without_secrets(text: str) -> str:
    """The text without what looks like a password, a token or the like."""
    if not _MAY_BE_SECRET.search(text):
        return text
    for pattern, replacement in _SECRETS:
        text = pattern.sub(replacement, text)
    return text


def one_line(text: str) -> str:
    """The text with everything escaped that is not printed: ends of lines, control characters, marks of direction."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def shown(value: object) -> str:
    """A value behind its key: in quotes where it could be taken for more than one."""
    if not isinstance(value, str):
        return str(value)
    if _SIMPLE.fullmatch(value) and "kal" not in value:
        return value
    value = without_secrets(value)
    if value and value.isprintable() and not _NEEDS_QUOTES.search(value):
        return value
    quoted = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{one_line(quoted)}"'


_SIMPLE = re.compile(r"[\w./-]+")
"""Nothing to escape and nothing to hide but a token: most values."""
_NEEDS_QUOTES = re.compile(r'[\s"=\\]')


def _traceback(formatter: logging.Formatter, record: logging.LogRecord) -> list[str]:
    parts = []
    if record.exc_info and record.exc_info[0] is not None:
        parts.append(formatter.formatException(record.exc_info))
    if record.stack_info:
        parts.append(record.stack_info)
    return [one_line(line) for line in without_secrets("\n".join(parts)).splitlines()]
