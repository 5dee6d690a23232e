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
