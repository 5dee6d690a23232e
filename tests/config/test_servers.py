"""How many threads the server around the application has."""

from __future__ import annotations

from pathlib import Path

import pytest

from kallithea.cli.config import parse_wishes, rendered
from kallithea.config.servers import threads_of_server


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
