"""Where sshd reads a file of keys instead of asking."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.ssh.host import Holder, SshHost, ssh_host


@pytest.fixture(name="host", scope="module")
def _host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SshHost]:
    """A host of its own, which keeps the file."""
    with ssh_host(tmp_path_factory.mktemp("file"), keeps_file=True) as host:
        yield host


def test_a_key_in_the_file_opens(host: SshHost, alice: Holder, kind: str) -> None:
    repository = host.server.repository(kind=kind, writers=[alice.person])

    assert alice.clone(repository).commit("hello.txt").push().worked


def test_a_key_that_is_still_in_the_file_but_was_removed_opens_nothing(host: SshHost, alice: Holder, kind: str) -> None:
    repository = host.server.repository(kind=kind, public=True)
    host.remove_key(alice)

    outcome = alice.tries_to_clone(repository)

    assert not outcome.worked
    assert outcome.says("This SSH key is not known here.")


def test_commands_write_the_file(host: SshHost) -> None:
    person = host.server.user()
    key = host.new_key()
    host.cli("ssh-key-add", person.name, f"{key}.pub", "-c", str(host.ini))
    holder = Holder(host, key, person.name, person)
    assert host.authorized_keys

    assert holder.asks().worked
    assert holder.public_key.split()[1] in host.authorized_keys.read_text()
    host.cli("ssh-key-delete", person.name, holder.fingerprint, "-c", str(host.ini))
    assert holder.public_key.split()[1] not in host.authorized_keys.read_text()


def test_keys_of_others_stay_in_the_file(host: SshHost, alice: Holder) -> None:
    assert host.authorized_keys
    mine = f"# mine\n{host.stranger().public_key}"
    host.authorized_keys.write_text(mine + host.authorized_keys.read_text())

    host.keys_changed()

    assert host.authorized_keys.read_text().startswith(mine)
    assert alice.asks().worked


def test_the_file_is_for_its_owner_alone(host: SshHost, alice: Holder) -> None:
    assert host.authorized_keys
    assert host.authorized_keys.stat().st_mode & 0o077 == 0
