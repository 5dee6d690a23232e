"""Lines that a diff left out are read from the file, and are the file's own."""

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kallithea.lib.errors import TooLarge
from kallithea.lib.vcs import Blob, EntryKind, FilePath
from kallithea.services.commits import LINES_READ, FileLines, read_lines


def blob(content: bytes, *, piece: int = 3) -> Blob:
    def chunks() -> Iterator[bytes]:
        yield from (content[start : start + piece] for start in range(0, len(content), piece))

    return Blob(FilePath(b"a"), EntryKind.FILE, len(content), "1" * 40, chunks)


@settings(deadline=None)
@given(
    st.binary(max_size=60).map(lambda raw: raw.replace(b"x", b"\n")), st.integers(1, 9), st.integers(1, 9), st.integers(1, 7)
)
def test_lines_are_those_of_the_file(content: bytes, start: int, count: int, piece: int) -> None:
    whole = content.split(b"\n")
    lacks = bool(whole.pop()) and bool(content)
    whole = content.split(b"\n") if lacks else whole

    found = read_lines(blob(content, piece=piece), start, count)

    assert list(found.lines) == whole[start - 1 : start - 1 + count]
    assert found.has_more == (len(whole) > start - 1 + count)
    assert found.lacks_newline == (lacks and bool(found.lines) and not found.has_more)


def test_behind_the_end_there_is_nothing() -> None:
    assert read_lines(blob(b"a\n"), 5, 3) == FileLines((), has_more=False, lacks_newline=False)


def test_endless_line_is_refused_and_not_read() -> None:
    def endless() -> Iterator[bytes]:
        read = 0
        while read <= 2 * LINES_READ:
            read += 100_000
            yield b"x" * 100_000
        raise AssertionError("all of it was read")

    with pytest.raises(TooLarge):
        read_lines(Blob(FilePath(b"a"), EntryKind.FILE, 1 << 40, "1" * 40, endless), 1, 3)


def test_endless_line_before_the_wanted_ones_takes_no_memory() -> None:
    content = b"x" * (3 * LINES_READ) + b"\nwanted\n"

    assert read_lines(blob(content, piece=1 << 16), 2, 1).lines == (b"wanted",)
