"""Ini files for the tests of the configuration."""

from collections.abc import Callable
from pathlib import Path

import pytest

COMPLETE = """\
[DEFAULT]
site = code

[server:main]
use = egg:waitress#main
port = 5000

[app:main]
use = egg:kallithea
repos_path = %(here)s/repos
cache_dir = %(here)s/%(site)s
sqlalchemy.url = sqlite:///%(here)s/kallithea.db
# keep this comment
session.secret = fedcba9876543210fedcba9876543210
"""


@pytest.fixture(name="ini")
def _ini(tmp_path: Path) -> Callable[..., Path]:
    """Writes a complete ini file, with more lines at its end."""

    def write(more: str = "", *, complete: str = COMPLETE) -> Path:
        path = tmp_path / "my.ini"
        path.write_text(complete + more, encoding="utf-8")
        return path

    return write
