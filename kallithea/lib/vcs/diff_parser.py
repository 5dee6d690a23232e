"""Reads git-format diff text, as both hg and git write it, into values; knows no processes and no files."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from kallithea.lib.vcs.diffs import Change, Diff, DiffLine, FileDiff, Hunk, LineKind
from kallithea.lib.vcs.paths import FilePath

FILE_START = b"diff --git "
HUNK_START = re.compile(rb"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@ ?(.*)", re.DOTALL)
FACTS = (
    b"old mode ",
    b"new mode ",
    b"new file mode ",
    b"deleted file mode ",
    b"rename from ",
    b"rename to ",
    b"copy from ",
    b"copy to ",
    b"index ",
)
# git: `Binary files a/x and b/x differ`; hg: `Binary file x has changed`; either with a binary patch: `GIT binary patch`.
BINARY_MARKS = (b"Binary file", b"GIT binary patch")
KINDS = {b" ": LineKind.CONTEXT, b"+": LineKind.ADDED, b"-": LineKind.REMOVED}
ESCAPE = re.compile(rb'\\([0-7]{3}|[abtnvfr"\\])')
ESCAPED = {b"a": b"\a", b"b": b"\b", b"t": b"\t", b"n": b"\n", b"v": b"\v", b"f": b"\f", b"r": b"\r", b'"': b'"', b"\\": b"\\"}


def parse_diff(lines: Iterable[bytes], *, cut_off: int, part: range | None = None) -> Diff:
    """The files that a diff text tells of, in path order.

    `lines` end with their line feed. Behind the first `cut_off` bytes nothing is kept but the files' names and counts, so a
    diff of any size needs memory for `cut_off` bytes and one line; a file that lost hunks this way has none at all and is
    marked as cut. A carriage return before the line feed stays in the content. Modes that the text leaves out are None.

    With a `part`, only the lines of hunks with these numbers are kept, counted from 0 over the whole text and without regard to
    hunks, and the text is read no further; what was left out behind them marks its file as cut.
    """
    source = _Lines(iter(lines), cut_off, part)
    files = []
    while source.skip_to_file():
        files.append(_read_file(source))
    files.sort(key=lambda file: file.new_path)
    return Diff(tuple(files), is_cut=source.is_spent)


def unquote(name: bytes) -> bytes:
    """The file name that git wrote between double quotes with C escapes; other names as they are."""
    if len(name) < 2 or not (name.startswith(b'"') and name.endswith(b'"')):
        return name
    return ESCAPE.sub(_unescape, name[1:-1])


def _unescape(match: re.Match[bytes]) -> bytes:
    escape: bytes = match[1]
    return ESCAPED[escape] if escape in ESCAPED else bytes([int(escape, 8) & 0xFF])


class _Lines:
    """The text line by line, with the line in hand and the bytes that are left before the cut."""

    def __init__(self, lines: Iterator[bytes], cut_off: int, part: range | None) -> None:
        self._lines = lines
        self._left = cut_off
        self._part = part
        self._number = 0
        self.current: bytes | None = None
        self.advance()

    @property
    def is_parted(self) -> bool:
        """Whether what fits of a hunk is kept."""
        return self._part is not None

    def take(self) -> bool | None:
        """Whether to keep the line of a hunk that is in hand; None where it and all behind it are too much."""
        if self._part is None:
            return not self.is_spent
        number = self._number
        self._number += 1
        if number < self._part.start:
            self._left += len(self.current or b"") + 1  # what is not kept costs nothing
            return False
        return True if number < self._part.stop and not self.is_spent else None

    @property
    def is_spent(self) -> bool:
        return self._left < 0

    def advance(self) -> None:
        line = next(self._lines, None)
        if line is None:
            self.current = None
            return
        self._left -= len(line)
        self.current = line[:-1] if line.endswith(b"\n") else line

    def leave(self) -> None:
        """Read no further."""
        self.current = None
        self._lines = iter(())

    def skip_to_file(self) -> bool:
        while self.current is not None and not self.current.startswith(FILE_START):
            self.advance()
        return self.current is not None


@dataclass(slots=True)
class _Body:
    """The hunks of one file while they are read."""

    hunks: list[Hunk] = field(default_factory=list)
    added: int = 0
    removed: int = 0
    is_cut: bool = False


def _read_file(source: _Lines) -> FileDiff:
    names = (source.current or b"")[len(FILE_START) :]
    source.advance()
    facts, is_binary = _read_facts(source)
    body = _read_body(source)
    old_path, new_path = _paths(names, facts)
    old_mode, new_mode = _modes(facts)
    return FileDiff(
        old_path=old_path,
        new_path=new_path,
        change=_change(facts),
        old_mode=old_mode,
        new_mode=new_mode,
        is_binary=is_binary,
        added=body.added,
        removed=body.removed,
        hunks=tuple(body.hunks),
        is_cut=body.is_cut,
    )


def _read_facts(source: _Lines) -> tuple[dict[bytes, bytes], bool]:
    facts: dict[bytes, bytes] = {}
    is_binary = False
    while (line := source.current) is not None and not line.startswith((FILE_START, b"@@ -")):
        prefix = next((prefix for prefix in FACTS if line.startswith(prefix)), None)
        if prefix:
            facts[prefix] = line[len(prefix) :]
        is_binary = is_binary or line.startswith(BINARY_MARKS)
        source.advance()
    return facts, is_binary


def _read_body(source: _Lines) -> _Body:
    body = _Body()
    while source.current is not None and (start := HUNK_START.match(source.current)):
        source.advance()
        _read_hunk(source, start, body)
    return body


def _read_hunk(source: _Lines, start: re.Match[bytes], body: _Body) -> None:
    """Read as many lines as the hunk's head promises: a removed line `-- x` would look like the head of a file."""
    old, new = int(start[1]), int(start[3])
    old_length, new_length = (1 if length is None else int(length) for length in (start[2], start[4]))
    old_end, new_end = old + old_length, new + new_length
    lines: list[DiffLine] = []
    while (line := source.current) is not None:
        if line.startswith(b"\\"):
            _mark_missing_newline(lines)
            source.advance()
            continue
        if old >= old_end and new >= new_end:
            break
        # An empty line is a context line whose blank was lost on the way.
        kind = KINDS.get(line[:1] or b" ")
        if kind is None:
            break
        is_kept = source.take()
        if is_kept is None:
            body.is_cut = True
            source.leave()
            break
        in_old, in_new = kind is not LineKind.ADDED, kind is not LineKind.REMOVED
        body.added += not in_old
        body.removed += not in_new
        if is_kept:
            lines.append(DiffLine(kind, old if in_old else None, new if in_new else None, line[1:]))
        elif not source.is_parted:
            body.is_cut = True
        old, new = old + in_old, new + in_new
        source.advance()
    heading = start[5].decode("utf-8", "replace")
    if body.is_cut and not source.is_parted:
        body.hunks.clear()
    elif not source.is_parted:
        body.hunks.append(Hunk(int(start[1]), old_length, int(start[3]), new_length, heading, tuple(lines)))
    elif lines:
        body.hunks.append(_hunk_of(lines, heading))


def _hunk_of(lines: Sequence[DiffLine], heading: str) -> Hunk:
    """A hunk of some of the lines of one."""
    olds = [line.old_number for line in lines if line.old_number is not None]
    news = [line.new_number for line in lines if line.new_number is not None]
    return Hunk(olds[0] if olds else 0, len(olds), news[0] if news else 0, len(news), heading, tuple(lines))


def _mark_missing_newline(lines: list[DiffLine]) -> None:
    if lines:
        last = lines[-1]
        lines[-1] = DiffLine(last.kind, last.old_number, last.new_number, last.content, ends_file_without_newline=True)


def _paths(names: bytes, facts: dict[bytes, bytes]) -> tuple[FilePath, FilePath]:
    old = facts.get(b"rename from ", facts.get(b"copy from "))
    new = facts.get(b"rename to ", facts.get(b"copy to "))
    if old is None or new is None:
        path = FilePath(_same_name(names))
        return path, path
    # hg never quotes, so a name with quotes of its own is told from git's quoting by the place of the prefix: `"a/x"`.
    return (
        FilePath(unquote(old) if names.startswith(b'"a/') else old),
        FilePath(unquote(new) if b' "b/' in names and names.endswith(b'"') else new),
    )


def _same_name(names: bytes) -> bytes:
    """The name in `a/NAME b/NAME`: both halves are equally long, whatever blanks the name has."""
    half = names[: len(names) // 2]
    return unquote(half)[len(b"a/") :] if half.startswith(b'"a/') else half[len(b"a/") :]


def _modes(facts: dict[bytes, bytes]) -> tuple[str | None, str | None]:
    if b"new file mode " in facts:
        return None, _mode(facts[b"new file mode "])
    if b"deleted file mode " in facts:
        return _mode(facts[b"deleted file mode "]), None
    if b"old mode " in facts and b"new mode " in facts:
        return _mode(facts[b"old mode "]), _mode(facts[b"new mode "])
    _, _, kept = facts.get(b"index ", b"").partition(b" ")
    return (_mode(kept), _mode(kept)) if kept else (None, None)


def _mode(text: bytes) -> str:
    return text.strip().decode("ascii", "replace")


def _change(facts: dict[bytes, bytes]) -> Change:
    told = {
        b"rename from ": Change.RENAMED,
        b"copy from ": Change.COPIED,
        b"new file mode ": Change.ADDED,
        b"deleted file mode ": Change.REMOVED,
    }
    return next((change for fact, change in told.items() if fact in facts), Change.MODIFIED)
