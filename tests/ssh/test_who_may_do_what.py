"""The decision over SSH is the one over HTTP, in the same words."""

from __future__ import annotations

import subprocess
from typing import IO

import pytest

from kallithea.lib.access import Access
from tests.ssh.host import Holder, SshHost

NOT_ENOUGH = "You may not do that: it needs write access, and you have read."
KEY_NOT_ENOUGH = "You may not do that: it needs write access, and this token or key gives read."
NOTHING_HERE = "There is no repository or group of this name, or you may not see it."
UNKNOWN_KEY = "Permission denied (publickey)"


def test_a_reader_cannot_push(host: SshHost, alice: Holder, kind: str) -> None:
    repository = host.server.repository(kind=kind, readers=[alice.person])
    work = alice.clone(repository).commit("hello.txt")

    outcome = work.push()

    assert not outcome.worked
    assert outcome.says(NOT_ENOUGH)
    assert host.server.backend(repository).reader.refs().default is None
    assert host.server.pushes(repository) == []


def test_a_reader_of_hg_cannot_move_bookmarks(host: SshHost, alice: Holder, bob: Holder) -> None:
    repository = host.server.repository(kind="hg", readers=[alice.person], writers=[bob.person])
    assert bob.clone(repository).commit("hello.txt").push().worked
    work = alice.clone(repository)
    work.runs("bookmark", "mine")

    outcome = work.push("--bookmark", "mine")

    assert not outcome.worked
    assert outcome.says(NOT_ENOUGH)
    assert host.server.backend(repository).reader.refs().bookmarks == ()


def test_a_stranger_gets_the_same_answer_for_private_and_missing(host: SshHost, alice: Holder, kind: str) -> None:
    private = host.server.repository(kind=kind, private=True)

    told = [alice.tries_to_clone(path, kind=kind) for path in (private.path, "nothing-of-this-name")]

    assert [outcome.status != 0 for outcome in told] == [True, True]
    texts = [outcome.text.replace(private.path, "X").replace("nothing-of-this-name", "X") for outcome in told]
    assert texts[0].partition("'")[0] == texts[1].partition("'")[0]
    assert all(NOTHING_HERE in text for text in texts)


def test_the_wrong_client_is_told_so(host: SshHost, alice: Holder, kind: str) -> None:
    repository = host.server.repository(kind=kind, readers=[alice.person])
    other = {"git": "hg", "hg": "git"}[kind]

    outcome = alice.tries_to_clone(repository, kind=other)

    assert not outcome.worked
    assert outcome.says({"git": "This is a Git repository.", "hg": "This is a Mercurial repository."}[kind])


def test_everybody_who_is_known_reads_what_is_public(host: SshHost, alice: Holder, kind: str) -> None:
    assert alice.tries_to_clone(host.server.repository(kind=kind, public=True)).worked


def test_an_unknown_key_opens_nothing(host: SshHost, kind: str) -> None:
    outcome = host.stranger().tries_to_clone(host.server.repository(kind=kind, public=True))

    assert not outcome.worked
    assert outcome.says(UNKNOWN_KEY)


def test_a_removed_key_opens_nothing_any_more(host: SshHost, alice: Holder, kind: str) -> None:
    repository = host.server.repository(kind=kind, readers=[alice.person])
    assert alice.tries_to_clone(repository).worked

    host.remove_key(alice)

    outcome = alice.tries_to_clone(repository)
    assert not outcome.worked
    assert outcome.says(UNKNOWN_KEY)


def test_the_key_of_a_disabled_account_opens_nothing(host: SshHost, alice: Holder, kind: str) -> None:
    repository = host.server.repository(kind=kind, readers=[alice.person])
    with host.server.app.system_scope() as scope:
        scope.accounts.by_name(alice.name).is_active = False

    outcome = alice.tries_to_clone(repository)

    assert not outcome.worked
    assert outcome.says(UNKNOWN_KEY)


def test_a_deploy_key_reads_its_repository_and_no_more(host: SshHost, kind: str) -> None:
    repository = host.server.repository(kind=kind, private=True)
    robot = host.deployment(repository, Access.READ)
    work = robot.clone(repository).commit("hello.txt")

    outcome = work.push()

    assert not outcome.worked
    assert outcome.says(KEY_NOT_ENOUGH)


def test_a_deploy_key_writes_where_it_may_and_is_named_in_the_ledger(host: SshHost, kind: str) -> None:
    repository = host.server.repository(kind=kind, private=True)
    robot = host.deployment(repository, Access.WRITE)

    assert robot.clone(repository).commit("hello.txt").push().worked

    (push,) = host.server.pushes(repository)
    assert (push.user_id, push.user_name) == (None, "deploy key robot")


@pytest.mark.parametrize("public", [False, True])
def test_a_deploy_key_finds_nothing_else(host: SshHost, kind: str, public: bool) -> None:
    robot = host.deployment(host.server.repository(kind=kind), Access.WRITE)

    outcome = robot.tries_to_clone(host.server.repository(kind=kind, public=public))

    assert not outcome.worked
    assert outcome.says(NOTHING_HERE)


def test_a_deploy_key_is_for_its_repository_whatever_that_is_called(host: SshHost, kind: str) -> None:
    repository = host.server.repository(kind=kind)
    robot = host.deployment(repository, Access.READ)

    host.server.rename(repository, f"{repository.path}-renamed")

    assert robot.tries_to_clone(f"{repository.path}-renamed", kind=kind).worked


class Session:
    """An hg client that stays connected, spoken to by hand."""

    def __init__(self, holder: Holder, path: str) -> None:
        self._process = subprocess.Popen(
            [*holder.ssh.split(), "kallithea", f"hg -R {path} serve --stdio"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert self._process.stdin
        assert self._process.stdout
        self._to: IO[bytes] = self._process.stdin
        self._from: IO[bytes] = self._process.stdout

    def asks(self, command: str, **arguments: str) -> bytes:
        """One framed answer; b"" for a refusal."""
        said = "".join(f"{name} {len(value)}\n{value}" for name, value in arguments.items())
        self._to.write(f"{command}\n{said}".encode())
        self._to.flush()
        size = self._from.readline().strip()
        return self._from.read(int(size)) if size else b""

    def ends(self) -> str:
        """What the user was told."""
        self._to.close()
        assert self._process.stderr
        with self._process:
            return self._process.stderr.read().decode()


def pushes_a_bookmark(session: Session, name: str, commit: str) -> bytes:
    return session.asks("pushkey", namespace="bookmarks", key=name, old="", new=commit)


def test_access_that_is_taken_ends_an_open_session(host: SshHost, alice: Holder) -> None:
    repository = host.server.repository(kind="hg", writers=[alice.person])
    work = alice.clone(repository).commit("hello.txt")
    assert work.push().worked
    session = Session(alice, repository.path)
    assert pushes_a_bookmark(session, "before", work.tip()) == b"1\n"
    with host.server.app.system_scope() as scope:
        grant = scope.access.administer_repository(scope.access.locate_path(repository.path))
        scope.granting.take(grant, f"user:{alice.name}")

    assert pushes_a_bookmark(session, "after", work.tip()) == b""

    assert NOTHING_HERE in session.ends()
    assert [ref.name for ref in host.server.backend(repository).reader.refs().bookmarks] == ["before"]


def test_a_key_that_is_removed_ends_an_open_session(host: SshHost, alice: Holder) -> None:
    repository = host.server.repository(kind="hg", writers=[alice.person])
    work = alice.clone(repository).commit("hello.txt")
    assert work.push().worked
    session = Session(alice, repository.path)
    assert session.asks("heads").strip() == work.tip().encode()
    host.remove_key(alice)

    assert pushes_a_bookmark(session, "after", work.tip()) == b""

    assert "This SSH key is not known here." in session.ends()


def test_another_repository_under_the_same_name_is_not_pushed_to(host: SshHost, alice: Holder) -> None:
    first = host.server.repository(kind="hg", writers=[alice.person])
    work = alice.clone(first).commit("hello.txt")
    assert work.push().worked
    session = Session(alice, first.path)
    assert session.asks("heads").strip() == work.tip().encode()
    host.server.rename(first, f"{first.path}-old")
    second = host.server.repository(kind="hg", path=first.path, writers=[alice.person])

    assert pushes_a_bookmark(session, "after", work.tip()) == b""

    assert "renamed" in session.ends()
    assert host.server.pushes(second) == []


def test_a_batch_cannot_smuggle_a_write(host: SshHost, alice: Holder, bob: Holder) -> None:
    repository = host.server.repository(kind="hg", readers=[alice.person], writers=[bob.person])
    work = bob.clone(repository).commit("hello.txt")
    assert work.push().worked
    session = Session(alice, repository.path)
    write = f"heads ;pushkey namespace=bookmarks,key=evil,old=,new={work.tip()}"

    session._to.write(f"batch\n* 0\ncmds {len(write)}\n{write}".encode())
    session._to.flush()

    assert session._from.readline() == b"\n"
    assert NOT_ENOUGH in session.ends()
    assert host.server.backend(repository).reader.refs().bookmarks == ()
