"""The process that HttpPlatformHandler runs is the one that the web.config names, at the port that IIS chose."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest

from kallithea.config.iis.http_platform import main, waitress_settings
from kallithea.lib.errors import ConfigError
from tests.clients.server import Server
from tests.deployment.servers import instance, run_cli, running
from tests.ports import free_port


@pytest.fixture(name="server", scope="module")
def _server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with instance(tmp_path_factory.mktemp("platform"), "trusted_proxies=127.0.0.1") as made:
        run_cli("iis-install", "-c", str(made.ini), "--virtualdir", "/scm")
        platform = ElementTree.parse(made.folder / "iis" / "http-platform" / "web.config").find(".//httpPlatform")
        assert platform is not None
        command = (platform.attrib["processPath"], *shlex.split(platform.attrib["arguments"]))
        given = {entry.attrib["name"]: entry.attrib["value"] for entry in platform.iter("environmentVariable")}
        port = free_port()
        more = {**given, "HTTP_PLATFORM_PORT": str(port)}
        with running(made, command, f"127.0.0.1:{port}", prefix="/scm", more=more) as server:
            yield server


@pytest.mark.parametrize("kind", ["git", "hg"])
def test_clients_push_and_clone(server: Server, kind: str) -> None:
    alice = server.user()
    repository = server.repository(kind=kind, writers=[alice])

    outcome = alice.clone(repository).commit("hello.txt").push()

    assert outcome.worked, outcome.text
    assert (alice.clone(repository).folder / "hello.txt").exists()


def test_site_is_what_iis_tells(server: Server) -> None:
    alice = server.user()
    repository = server.repository(kind="git", writers=[alice], public=True)
    assert alice.clone(repository).commit("hello.txt").push().worked
    # IIS writes the port of the visitor behind the address.
    headers = {"X-Forwarded-For": "203.0.113.7:50123", "X-Forwarded-Proto": "https", "Host": "code.example.com"}

    answer = server.request("GET", f"/scm/{repository.path}", headers=headers)

    assert f'"https://code.example.com/scm/{repository.path}"' in answer.body.decode()


def test_what_the_ini_file_says_of_waitress_counts(server: Server) -> None:
    settings = waitress_settings(str(server.folder / "my.ini"))

    assert settings["threads"] == "32"
    assert {"use", "host", "port", "here", "__file__"}.isdisjoint(settings)


def test_settings_of_another_server_do_not_count(tmp_path: Path) -> None:
    ini = tmp_path / "my.ini"
    run_cli("config-create", str(ini), "http_server=gunicorn")

    assert waitress_settings(str(ini)) == {}


def test_without_a_port_it_says_who_sets_it(server: Server) -> None:
    with pytest.raises(ConfigError, match="HTTP_PLATFORM_PORT"):
        main([str(server.folder / "my.ini")], {})


def test_what_is_wrong_is_said_in_a_sentence(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "kallithea.config.iis.http_platform", str(tmp_path / "missing.ini")],
        capture_output=True,
        text=True,
        env={**os.environ, "HTTP_PLATFORM_PORT": "5000"},
    )

    assert done.returncode == 1
    assert done.stderr.startswith("error: There is no file ")
