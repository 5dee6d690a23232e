"""Varnish in front of Kallithea, with the configuration that deployment-create writes."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence

import pytest

from kallithea.config.deployment.varnish import tuning
from tests.clients.server import Server
from tests.deployment.proxies import HOST, InFront, Place, behind
from tests.deployment.servers import program


def varnish(place: Place) -> Sequence[str]:
    """varnishd in the foreground, with a folder of its own and the parameters that are written for systemd."""
    tuned = [word for option in tuning() for word in shlex.split(option)]
    jail = ("-j", "none")
    return (program("varnishd"), *jail, "-F", "-n", str(place.folder / "varnish"), "-a", f"{HOST}:{place.port}", *tuned,
            "-f", str(place.configuration))  # fmt: skip


class TestVarnish(InFront):
    """As it is written for a site of its own."""

    @pytest.fixture(name="server", scope="class")
    @classmethod
    def _server(cls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
        with behind(tmp_path_factory.mktemp("varnish"), "varnish", varnish) as server:
            yield server


class TestVarnishBelowAPrefix(InFront, again=True):
    """The site is below a path."""

    @pytest.fixture(name="server", scope="class")
    @classmethod
    def _server(cls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
        with behind(tmp_path_factory.mktemp("varnish"), "varnish", varnish, prefix="/scm") as server:
            yield server
