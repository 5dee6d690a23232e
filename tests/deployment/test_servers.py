"""Each server that config-create knows starts from the file that is written, and serves people."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.clients.server import Server
from tests.deployment.servers import deployed
from tests.deployment.story import Story


class TestWaitress(Story):
    """Takes every request in before it calls the application."""

    @pytest.fixture(name="server", scope="class")
    @classmethod
    def _server(cls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
        with deployed(tmp_path_factory.mktemp("waitress"), "waitress") as server:
            yield server


class TestGunicorn(Story):
    """Lets the application read from the client, in processes forked from the one that loaded it."""

    @pytest.fixture(name="server", scope="class")
    @classmethod
    def _server(cls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
        with deployed(tmp_path_factory.mktemp("gunicorn"), "gunicorn") as server:
            yield server


class TestGevent(Story):
    """Holds connections without threads, and answers in threads."""

    @pytest.fixture(name="server", scope="class")
    @classmethod
    def _server(cls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
        with deployed(tmp_path_factory.mktemp("gevent"), "gevent") as server:
            yield server


class TestUwsgi(Story):
    """Speaks no chunks to applications that do not ask for them."""

    @pytest.fixture(name="server", scope="class")
    @classmethod
    def _server(cls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
        with deployed(tmp_path_factory.mktemp("uwsgi"), "uwsgi") as server:
            yield server


class TestGearbox(Story):
    """The server of the Python library, which knows nothing of chunks."""

    @pytest.fixture(name="server", scope="class")
    @classmethod
    def _server(cls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
        with deployed(tmp_path_factory.mktemp("gearbox"), "gearbox") as server:
            yield server
