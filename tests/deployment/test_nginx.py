"""nginx in front of Kallithea, with the configuration that deployment-create writes."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

import pytest

from tests.clients.server import Server
from tests.deployment.proxies import InFront, Place, behind
from tests.deployment.servers import program


def nginx(place: Place) -> Sequence[str]:
    """nginx with a main configuration like that of Debian, but everything that it writes in one folder."""
    main = place.folder / "nginx.conf"
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = "".join(f"    {kind}_temp_path {place.folder}/{kind};\n" for kind in kinds)
    # Or its workers could not get into the folder of the test.
    user = "user root;\n" if os.geteuid() == 0 else ""
    main.write_text(
        f"{user}daemon off;\nworker_processes 1;\npid {place.folder}/nginx.pid;\nerror_log stderr;\n"
        f"events {{ worker_connections 512; }}\n"
        f"http {{\n    access_log off;\n{temporary}    include {place.configuration};\n}}\n"
    )
    return program("nginx"), "-e", "stderr", "-p", str(place.folder), "-c", str(main)


class TestNginx(InFront, again=True):
    """As it is written for a site of its own."""

    @pytest.fixture(name="server", scope="class")
    @classmethod
    def _server(cls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
        with behind(tmp_path_factory.mktemp("nginx"), "nginx", nginx) as server:
            yield server


class TestNginxWithPrefixAndHttps(InFront):
    """https ends in nginx, and the site is below a path."""

    @pytest.fixture(name="server", scope="class")
    @classmethod
    def _server(cls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
        with behind(tmp_path_factory.mktemp("nginx"), "nginx", nginx, prefix="/scm", https=True) as server:
            yield server


class TestNginxWithUwsgi(InFront):
    """nginx speaks uWSGI's own protocol, and the site is below a path."""

    commits = 1200  # what it says of a request must not be longer than 64 KiB

    @pytest.fixture(name="server", scope="class")
    @classmethod
    def _server(cls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
        folder = tmp_path_factory.mktemp("nginx")
        with behind(folder, "nginx", nginx, http_server="uwsgi", uwsgi_protocol=True, prefix="/scm") as server:
            yield server
