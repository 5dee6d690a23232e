"""Who may write can push, and the ledger knows who, when, how and what."""

from datetime import datetime, timedelta, timezone

from tests.clients.server import Person, Server


def test_writer_can_push(server: Server, alice: Person, kind: str) -> None:
    repository = server.repository(kind=kind, writers=[alice])
    work = alice.clone(repository).commit("hello.txt")

    outcome = work.push()

    assert outcome.worked
    assert server.backend(repository).reader.resolve("tip").id.hex == work.tip()


def test_a_push_is_recorded(server: Server, alice: Person, kind: str) -> None:
    repository = server.repository(kind=kind, writers=[alice])
    work = alice.clone(repository).commit("hello.txt")
    first = work.tip()
    work.push()
    work.commit("more.txt").push()

    earlier, later = server.pushes(repository)

    assert [(row.old, row.new) for row in (*earlier.updates, *later.updates)] == [(None, first), (first, work.tip())]
    assert (later.user_name, later.transport, later.address) == (alice.name, "http", "127.0.0.1")
    assert later.client.startswith(("git/", "mercurial/"))
    assert abs(datetime.now(timezone.utc) - later.pushed_at) < timedelta(minutes=1)


def test_the_branch_is_named_in_the_ledger(server: Server, alice: Person, kind: str) -> None:
    repository = server.repository(kind=kind, writers=[alice])
    alice.clone(repository).commit("hello.txt").push()

    (update,) = server.pushes(repository)[0].updates

    assert (update.kind, update.name) == ("branch", {"git": "main", "hg": "default"}[kind])
