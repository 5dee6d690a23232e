"""The dispatch script and the bridge serve people, through a stand-in for IIS."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.clients.server import CHECKOUT, Server
from tests.deployment.servers import instance, run_cli, running
from tests.deployment.story import Story
from tests.ports import free_port

STAND_IN = Path(__file__).parent / "stand_in"


@contextmanager
def in_iis(folder: Path, *, virtual_directory: str = "/") -> Iterator[Server]:
    """An instance in an empty folder, with the files of iis-install."""
    port = free_port()
    mount = virtual_directory.rstrip("/")
    with instance(folder) as made:
        run_cli("iis-install", "-c", str(made.ini), "--virtualdir", virtual_directory)
        script = made.folder / "iis" / "isapi" / "dispatch.py"
        command = (sys.executable, "-m", "tests.deployment.iis.server", str(port), str(script), mount)
        path = {"PYTHONPATH": f"{CHECKOUT}:{STAND_IN}"}
        with running(made, command, f"127.0.0.1:{port}", prefix=mount, more=path) as server:
            yield server


class TestIsapi(Story):
    """An extension inside IIS, below a virtual directory."""

    @pytest.fixture(name="server", scope="class")
    @classmethod
    def _server(cls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
        with in_iis(tmp_path_factory.mktemp("isapi"), virtual_directory="/scm") as server:
            yield server


def test_extension_that_cannot_start_says_so_and_tries_again(tmp_path: Path) -> None:
    with in_iis(tmp_path) as server:
        database = tmp_path / "kallithea.db"
        away = database.rename(tmp_path / "away.db")

        refused = server.request("GET", "/")

        assert (refused.status, b"Traceback" in refused.body) == (503, False)
        assert "Kallithea cannot start" in (tmp_path / "iis" / "isapi" / "kallithea.log").read_text()
        database.unlink(missing_ok=True)
        away.rename(database)
        assert server.request("GET", "/").status == 200


def test_virtual_directory_is_written_as_it_was_installed(tmp_path: Path) -> None:
    with in_iis(tmp_path, virtual_directory="/Scm") as server:
        page = server.request("GET", "/sCM/_admin/login").body.decode()

    assert 'action="/Scm/_admin/login"' in page
