"""When the ledger fails, the push is not called failed: it is in the repository, and the log knows."""

from sqlalchemy import text

from tests.clients.server import Person, Server


def test_a_push_that_cannot_be_recorded_stays(server: Server, alice: Person, kind: str) -> None:
    repository = server.repository(kind=kind, writers=[alice])
    with server.app.session() as session:
        session.execute(
            text(
                f"CREATE TRIGGER fail_{repository.id} BEFORE INSERT ON push WHEN NEW.repository_id = {repository.id} "
                "BEGIN SELECT RAISE(ABORT, 'the ledger is closed'); END"
            )
        )
        session.commit()
    work = alice.clone(repository).commit("hello.txt")

    outcome = work.push()

    assert outcome.worked
    assert server.backend(repository).reader.resolve("").id.hex == work.tip()
    assert f"a push to {repository.path} is not in the ledger" in server.log()
