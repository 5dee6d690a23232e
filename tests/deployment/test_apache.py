"""Kallithea inside Apache httpd, with the configuration and the script that deployment-create writes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.clients.server import Server
from tests.deployment import apache
from tests.deployment.proxies import InFront


@pytest.fixture(name="home", scope="module")
def _home() -> Iterator[apache.Home]:
    with apache.home() as home:
        yield home


class TestApache(InFront, again=True):
    """As it is written for a site of its own."""

    @pytest.fixture(name="server", scope="class")
    @classmethod
    def _server(cls, home: apache.Home) -> Iterator[Server]:
        with apache.apache(home) as server:
            yield server


class TestApacheWithPrefixAndHttps(InFront):
    """https ends in Apache, and the site is below a path."""

    @pytest.fixture(name="server", scope="class")
    @classmethod
    def _server(cls, home: apache.Home) -> Iterator[Server]:
        with apache.apache(home, prefix="/scm", https=True) as server:
            yield server
