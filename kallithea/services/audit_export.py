"""The audit log for other programs: a table for people who calculate, lines of JSON for programs."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from typing import Any

from kallithea.model import AuditEntry

COLUMNS = (
    "id", "at", "action", "actor", "actor_id", "transport", "address", "client", "target_kind", "target_id", "target",
    "before", "after",
)  # fmt: skip
PIECE = 64 * 1024
"""Letters, about, that are sent at once."""
# What spreadsheets take for the beginning of a formula, which may then send the table to somebody or start a program.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def as_csv(entries: Iterator[AuditEntry]) -> Iterator[bytes]:
    """A table with a heading (RFC 4180). No cell is a formula: what others wrote and looks like one gets an apostrophe."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for entry in entries:
        values = _values(entry)
        writer.writerow([_cell(values[name]) for name in COLUMNS])
        if text.tell() >= PIECE:
            yield _taken(text)
    yield _taken(text)


def as_json_lines(entries: Iterator[AuditEntry]) -> Iterator[bytes]:
    """One JSON object a line."""
    text = io.StringIO()
    for entry in entries:
        values = _values(entry)
        told = {name: json.loads(values[name]) if values[name] else None for name in ("before", "after")}
        text.write(json.dumps({**values, **told}, ensure_ascii=False) + "\n")
        if text.tell() >= PIECE:
            yield _taken(text)
    yield _taken(text)


def _values(entry: AuditEntry) -> dict[str, Any]:
    return {
        "id": entry.id,
        "at": entry.at.isoformat(),
        "action": entry.action,
        "actor": entry.actor_name,
        "actor_id": entry.actor_id,
        "transport": entry.transport,
        "address": entry.address,
        "client": entry.client,
        "target_kind": entry.target_kind,
        "target_id": entry.target_id,
        "target": entry.target_name,
        "before": entry.before,
        "after": entry.after,
    }


def _cell(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.lstrip(" ").startswith(_FORMULA) else value


def _taken(text: io.StringIO) -> bytes:
    """What was written so far, as bytes; then begin anew. What is no text in UTF-8 is written as a question mark."""
    written = text.getvalue().encode("utf-8", "replace")
    text.seek(0)
    text.truncate()
    return written
