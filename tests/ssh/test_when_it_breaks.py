"""Clients that go away, a service that is killed, restarted or not there: nothing is lost, and people are told."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest

from tests.clients.test_killed_at_any_moment import LONGEST, contains, kill_group, started
from tests.clients.working_copies import PATIENCE
from tests.ssh.host import Holder, SshHost, ssh_host

KILLS = int(os.environ.get("KALLITHEA_KILLS", "6"))


@pytest.fixture(name="host", scope="module")
def _host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SshHost]:
    """A host of its own, which no other test needs alive."""
    with ssh_host(tmp_path_factory.mktemp("mortal")) as host:
        yield host


@pytest.mark.parametrize("victim", ["service", "client"])
def test_a_push_killed_at_any_moment_loses_nothing_acknowledged(host: SshHost, alice: Holder, kind: str, victim: str) -> None:
    chance = random.Random(f"{kind} {victim}")
    repository = host.server.repository(kind=kind, writers=[alice.person])
    work = alice.clone(repository).commit("first.txt")
    assert work.push().worked
    acknowledged = work.tip()

    for moment in range(KILLS):
        work.commit(f"file{moment}.bin", chance.randbytes(chance.choice([100, 300_000, 3_000_000])))
        client = started(work, kind)
        time.sleep(chance.random() * LONGEST)
        if victim == "service":
            host.kill_service()
            with suppress(subprocess.TimeoutExpired):
                client.wait(10)
        kill_group(client)
        if client.wait(PATIENCE) == 0:
            acknowledged = work.tip()

        assert contains(host.server, repository, acknowledged)

    again = work.push()
    assert again.worked or again.says("no changes found"), again.text
    backend = host.server.backend(repository)
    assert backend.reader.resolve("").id.hex == work.tip()
    assert backend.keeper.verify() == ()
    other = alice.clone(repository)
    assert other.tip() == work.tip()
    assert other.verify().worked


def test_a_client_that_breaks_off_in_a_push_changes_nothing(host: SshHost, alice: Holder, kind: str) -> None:
    repository = host.server.repository(kind=kind, writers=[alice.person])
    work = alice.clone(repository).commit("first.txt")
    assert work.push().worked
    before = host.server.backend(repository).reader.refs()
    head = {
        "git": b"0066" + b"0" * 40 + b" " + work.tip().encode()[:40] + b" refs/heads/broken\0 report-status0000" + b"PACK",
        "hg": b"unbundle\nheads 10\n666f726365" + b"100\nHG20abc",
    }[kind]
    command = {"git": f"git-receive-pack '{repository.path}'", "hg": f"hg -R {repository.path} serve --stdio"}[kind]

    alice.asks(command, stdin=head)

    assert host.server.backend(repository).reader.refs() == before
    assert len(host.server.pushes(repository)) == 1
    assert work.commit("second.txt").push().worked


def test_clients_are_told_that_the_service_does_not_run(host: SshHost, alice: Holder, kind: str) -> None:
    repository = host.server.repository(kind=kind, readers=[alice.person])

    with host.without_service():
        outcome = alice.tries_to_clone(repository)

    assert not outcome.worked
    assert outcome.says("The SSH service of this server is not running just now.")
    assert alice.tries_to_clone(repository).worked


def test_without_the_service_a_key_opens_nothing_but_the_sentence(host: SshHost, tmp_path: pytest.TempPathFactory) -> None:
    with host.without_service():
        outcome = host.stranger().asks(f"touch {tmp_path}/mark")

    assert outcome.text.strip() == "The SSH service of this server is not running just now. Please try again in a moment."
    assert not (tmp_path / "mark").exists()  # type: ignore[operator]


def test_the_service_stops_when_the_clients_are_served(host: SshHost, alice: Holder) -> None:
    repository = host.server.repository(kind="hg", readers=[alice.person])
    client = subprocess.Popen(
        [*alice.ssh.split(), "kallithea", f"hg -R {repository.path} serve --stdio"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert client.stdin
    assert client.stdout
    client.stdin.write(b"hello\n")
    client.stdin.flush()
    assert client.stdout.readline().strip().isdigit()

    host.service.send_signal(signal.SIGTERM)
    time.sleep(0.5)
    is_serving = host.service.poll() is None
    client.stdin.close()
    client.wait(PATIENCE)
    host.service.wait(PATIENCE)
    client.stdout.close()
    host.service = host.start_service()

    assert is_serving
    assert client.returncode == 0


def test_a_second_service_is_refused(host: SshHost) -> None:
    with pytest.raises(subprocess.CalledProcessError) as refused:
        host.cli("ssh-serve", "-c", str(host.ini))

    assert "The SSH service runs already." in refused.value.stderr
