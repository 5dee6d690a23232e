"""HAProxy in front of Kallithea, with the configuration that deployment-create writes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from tests.clients.server import Server
from tests.deployment.proxies import InFront, Place, behind
from tests.deployment.servers import program


def haproxy(place: Place) -> Sequence[str]:
    """HAProxy in the foreground, as systemd runs it."""
    return program("haproxy"), "-db", "-f", str(place.configuration)


class TestHAProxy(InFront, again=True):
    """As it is written for a site of its own."""

    @pytest.fixture(name="server", scope="class")
    @classmethod
    def _server(cls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
        with behind(tmp_path_factory.mktemp("haproxy"), "haproxy", haproxy) as server:
            yield server


class TestHAProxyWithPrefixAndHttps(InFront):
    """https ends in HAProxy, and the site is below a path."""

    @pytest.fixture(name="server", scope="class")
    @classmethod
    def _server(cls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
        folder = tmp_path_factory.mktemp("haproxy")
        with behind(folder, "haproxy", haproxy, prefix="/scm", https=True, one_file=True) as server:
            yield server
