"""A fresh instance that checks itself, and ways to break it."""

from __future__ import annotations

import dataclasses
import secrets
import tempfile
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher

from kallithea.config import inifile
from kallithea.config.app import App
from kallithea.config.settings import Settings
from kallithea.lib.passwords import Passwords
from kallithea.selfcheck.checks import Result, Status
from kallithea.selfcheck.names import made_at
from kallithea.selfcheck.run import Wishes, run
from kallithea.services.accounts import NewAccount
from tests import databases

INI = """\
[app:main]
use = egg:kallithea
repos_path = %(here)s/repos
cache_dir = %(here)s/cache
sqlalchemy.url = {url}
session.secret = {secret}
hg_helpers = 1
ssh_enabled = true
ssh_socket = %(here)s/s
"""

CHEAP = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


class House:
    """An instance, and what its self-check says."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("repos", "cache"):
            (folder / name).mkdir()
        self.ini = folder / "my.ini"
        self.ini.write_text(INI.format(url=databases.new_ledger(folder).replace("%", "%%"), secret=secrets.token_hex(16)))
        self.settings: Settings = inifile.load(self.ini).settings()
        app = App.build(self.settings)
        with app.system_scope() as scope:
            scope.accounts.create(NewAccount("admin", "admin@example.com", "correct horse", is_administrator=True))
        app.close()

    def checks(self, *names: str, quick: bool = True, **changed: Any) -> list[Result]:
        """The results of these checks and of what they need, or of all, with other wishes and settings."""
        wishes = {name: changed.pop(name) for name in ("clock", "url", "around") if name in changed}
        wanted = Wishes(quick=quick, only=frozenset(names), passwords=CHEAP, **wishes)
        return list(run(dataclasses.replace(self.settings, **changed), wanted))

    def folders(self) -> list[Path]:
        """Those of clients that runs of this house have made; other tests run at the same time."""
        found = Path(tempfile.gettempdir()).glob("kallithea-self-check-*")
        return [path for path in found if made_at(self.settings.session_secret, path.name.removeprefix("kallithea-"))]

    def app(self) -> App:
        return App.build(self.settings)


def of(results: list[Result], status: Status) -> dict[str, Result]:
    """The results of one status, by the names of the checks."""
    return {result.check.name: result for result in results if result.status is status}


@pytest.fixture(name="house", scope="session")
def _house(tmp_path_factory: pytest.TempPathFactory) -> House:
    """One for all tests, as a self-check leaves nothing behind."""
    return House(tmp_path_factory.mktemp("house"))
