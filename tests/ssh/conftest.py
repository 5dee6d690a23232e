"""One host for all tests of a run; people, keys and repositories are new in each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.ssh.host import Holder, SshHost, ssh_host


@pytest.fixture(name="host", scope="session")
def _host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SshHost]:
    with ssh_host(tmp_path_factory.mktemp("ssh")) as host:
        yield host


@pytest.fixture(name="alice")
def _alice(host: SshHost) -> Holder:
    """Somebody with an account and a key."""
    return host.person()


@pytest.fixture(name="bob")
def _bob(host: SshHost) -> Holder:
    """Somebody else."""
    return host.person()


@pytest.fixture(name="kind", params=["git", "hg"])
def _kind(request: pytest.FixtureRequest) -> str:
    """Each test that asks for it runs for both."""
    kind: str = request.param
    return kind
