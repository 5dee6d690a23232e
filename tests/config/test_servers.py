"""How many threads the server around the application has, and what a server in threads takes in."""

from __future__ import annotations

import errno
import io
from pathlib import Path

import pytest

from kallithea.cli.config import parse_wishes, rendered
from kallithea.config.servers import CHUNK, NO_ROOM, TOO_LARGE, _InThreads, threads_of_server


def threads(ini: Path, text: str) -> int:
    ini.write_text(text, encoding="utf-8")
    return threads_of_server({"__file__": str(ini)})


@pytest.mark.parametrize(("http_server", "expected"), [("waitress", 32), ("gunicorn", 16), ("gevent", 32), ("gearbox", 32)])
def test_threads_are_those_of_the_written_file(tmp_path: Path, http_server: str, expected: int) -> None:
    assert threads(tmp_path / "my.ini", rendered(parse_wishes([f"http_server={http_server}"]))) == expected


@pytest.mark.parametrize(
    ("section", "expected"),
    [
        ("[server:main]\nuse = egg:waitress#main\n", 4),
        ("[server:main]\nuse = egg:gunicorn#main\nworkers = 8\n", 1),
        ("[server:main]\nuse = egg:waitress#main\nthreads = 7\n", 7),
        ("[server:main]\nuse = egg:waitress#main\nthreads = many\n", 4),
        ("[server:main]\nuse = egg:unheard#of\n", 32),
        ("", 32),
    ],
)
def test_what_the_file_leaves_out_is_as_the_server_does_it(tmp_path: Path, section: str, expected: int) -> None:
    assert threads(tmp_path / "my.ini", section) == expected


class Endless:
    """A body of so many bytes, or one that never ends."""

    def __init__(self, size: int | None = None) -> None:
        self.read_bytes, self._size = 0, size

    def read(self, most: int) -> bytes:
        given = most if self._size is None else min(most, self._size - self.read_bytes)
        self.read_bytes += given
        return b"x" * given


class Full(io.BytesIO):
    """A disk without room."""

    def write(self, _data: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize(("body", "expected"), [(io.BytesIO(), TOO_LARGE), (Full(), TOO_LARGE)])
def test_a_body_without_an_end_is_read_up_to_the_largest_size(body: io.BytesIO, expected: str) -> None:
    given = Endless()
    refused = _InThreads(lambda *_: [], lambda *_: None, largest=10 * CHUNK)._take_in({"wsgi.input": given}, body)
    assert refused == expected
    assert given.read_bytes == 11 * CHUNK


def test_a_body_that_finds_no_room_is_read_to_its_end_and_refused() -> None:
    given = Endless(3 * CHUNK + 1)
    refused = _InThreads(lambda *_: [], lambda *_: None, largest=10 * CHUNK)._take_in({"wsgi.input": given}, Full())
    assert refused == NO_ROOM
    assert given.read_bytes == 3 * CHUNK + 1
