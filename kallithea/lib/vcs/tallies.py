"""What counting reads of a history: less than commits, and many of them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CountedCommit:
    """One commit as it is counted; `when` is the author's time in seconds since the epoch."""

    id: str
    parents: tuple[str, ...]
    name: str
    email: str
    when: int


SEPARATOR = "\x1f"
"""Between the fields of a line; a name with it in it is cut there."""


def as_line(commit_id: str, parents: tuple[str, ...], name: str, email: str, when: int) -> str:
    """One line for one commit, as `parse_line` reads it."""
    said = (text.replace(SEPARATOR, " ") for text in (commit_id, " ".join(parents), str(when), email, name))
    return SEPARATOR.join(" ".join(text.splitlines()) for text in said)


def parse_line(line: bytes) -> CountedCommit | None:
    """The commit of a line; None for a line that is none."""
    fields = line.decode("utf-8", "replace").rstrip("\n").split(SEPARATOR)
    if len(fields) < 5:
        return None
    commit_id, parents, when, email, name = fields[:5]
    try:
        seconds = int(when)
    except ValueError:
        seconds = 0
    return CountedCommit(commit_id, tuple(parents.split()), name, email, seconds)
