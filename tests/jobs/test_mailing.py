"""Mails are sent by a job: again while the server is away, never for ever to who is refused."""

from __future__ import annotations

from datetime import timedelta

from kallithea.jobs.table import KINDS
from kallithea.jobs.worker import Worker
from kallithea.services.jobs import LONGEST_PAUSE, MOST_ATTEMPTS, JobFacts, JobState
from kallithea.services.letters import trial
from kallithea.services.mails import FIRST_PAUSE, GIVEN_UP_AFTER, SEND, MailFacts, MailState
from tests.mail_server import deliver, mail_server, sends_mail
from tests.ports import free_port
from tests.services.conftest import FakeClock, Ledger


def send(ledger: Ledger, to: str = "alice@example.com") -> int:
    with ledger.app.system_scope() as scope:
        return scope.mails.send(trial("alice"), to)


def mail(ledger: Ledger, number: int) -> MailFacts:
    with ledger.app.system_scope() as scope:
        return scope.mails.get(number)


def job(ledger: Ledger) -> JobFacts:
    with ledger.app.system_scope() as scope:
        found = scope.jobs.find(SEND)
    assert found is not None
    return found


def test_mail_is_delivered(ledger: Ledger) -> None:
    with mail_server() as server, sends_mail(ledger.app, server.port):
        number = send(ledger)
        deliver(ledger.app)

        assert server.only().recipients == ["alice@example.com"]

    assert (mail(ledger, number).state, job(ledger).outcome) == (MailState.SENT, "1 sent, 0 refused, 0 deferred")


def test_mails_wait_while_the_server_is_away_and_are_sent_when_it_is_back(ledger: Ledger, clock: FakeClock) -> None:
    port = free_port()
    with sends_mail(ledger.app, port):
        number = send(ledger)
        deliver(ledger.app)
        assert (mail(ledger, number).state, job(ledger).state) == (MailState.WAITING, JobState.WAITING)
        assert f"localhost:{port}" in (mail(ledger, number).error or "")
        assert f"localhost:{port}" in (job(ledger).error or "")

        clock.advance(minutes=1)
        with mail_server(port=port) as server:
            deliver(ledger.app)
            assert server.only().recipients == ["alice@example.com"]

    assert (mail(ledger, number).error, job(ledger).error) == (None, None)


def test_pauses_grow_while_the_server_is_away_and_never_end(ledger: Ledger, clock: FakeClock) -> None:
    pauses = []
    with sends_mail(ledger.app, free_port()):
        send(ledger)
        for _ in range(3 * MOST_ATTEMPTS):
            deliver(ledger.app)
            due = job(ledger).due_at
            assert due is not None
            pauses.append(due - clock())
            clock.now = due

    minutes = [pause / timedelta(minutes=1) for pause in pauses[:MOST_ATTEMPTS]]
    assert minutes == [1, 2, 4, 8, 16, 32, 60, 10]
    assert timedelta() < min(pauses) <= max(pauses) <= LONGEST_PAUSE


def test_recipient_that_is_refused_is_asked_for_once(ledger: Ledger, clock: FakeClock) -> None:
    with mail_server() as server, sends_mail(ledger.app, server.port):
        server.handler.answers["nobody@example.com"] = "550 no such user here"
        number = send(ledger, "nobody@example.com")
        for _ in range(20):
            deliver(ledger.app)
            clock.advance(hours=1)

        assert server.handler.asked == ["nobody@example.com"]

    refused = mail(ledger, number)
    assert (refused.state, refused.due_at) == (MailState.FAILED, None)
    assert "no such user here" in (refused.error or "")


def test_one_that_is_refused_keeps_nobody_else_waiting(ledger: Ledger) -> None:
    with mail_server() as server, sends_mail(ledger.app, server.port):
        server.handler.answers.update({"nobody@example.com": "550 no", "later@example.com": "451 later"})
        for to in ("nobody@example.com", "later@example.com", "alice@example.com"):
            send(ledger, to)
        deliver(ledger.app)

        assert server.only().recipients == ["alice@example.com"]

    assert job(ledger).outcome == "1 sent, 1 refused, 1 deferred"


def test_recipient_that_is_put_off_is_tried_again_with_growing_pauses_for_some_days(ledger: Ledger, clock: FakeClock) -> None:
    begun = clock()
    with mail_server() as server, sends_mail(ledger.app, server.port):
        server.handler.answers["alice@example.com"] = "451 greylisted, come back"
        number = send(ledger)
        while clock() < begun + 2 * GIVEN_UP_AFTER:
            deliver(ledger.app)
            clock.advance(seconds=FIRST_PAUSE.total_seconds())
        asked = len(server.handler.asked)

    assert 25 < asked < 50
    assert mail(ledger, number).state is MailState.FAILED


def test_recipient_that_was_put_off_gets_it_later(ledger: Ledger, clock: FakeClock) -> None:
    with mail_server() as server, sends_mail(ledger.app, server.port):
        server.handler.answers["alice@example.com"] = "451 greylisted"
        number = send(ledger)
        deliver(ledger.app)
        server.handler.answers.clear()
        deliver(ledger.app)
        assert server.received == []
        clock.advance(seconds=FIRST_PAUSE.total_seconds())
        deliver(ledger.app)

        assert server.only().recipients == ["alice@example.com"]

    assert mail(ledger, number).attempts == 2


def test_administrator_may_try_a_failed_mail_again(ledger: Ledger) -> None:
    with mail_server() as server, sends_mail(ledger.app, server.port):
        server.handler.answers["alice@example.com"] = "550 mailbox full"
        number = send(ledger)
        deliver(ledger.app)
        server.handler.answers.clear()
        with ledger.app.system_scope() as scope:
            scope.mails.again(number)
        deliver(ledger.app)

        assert server.only().recipients == ["alice@example.com"]


def test_trying_again_does_not_wait_for_the_pause_of_the_server(ledger: Ledger, clock: FakeClock) -> None:
    port = free_port()
    with sends_mail(ledger.app, port):
        number = send(ledger)
        for _ in range(5):
            deliver(ledger.app)
            clock.advance(minutes=20)
        with mail_server(port=port) as server:
            with ledger.app.system_scope() as scope:
                scope.mails.again(number)
            deliver(ledger.app)

            assert server.only().recipients == ["alice@example.com"]


def test_address_that_cannot_be_written_on_the_wire_fails_alone(ledger: Ledger) -> None:
    with mail_server() as server, sends_mail(ledger.app, server.port):
        broken = send(ledger, "alice@" + "ü" * 70 + ".example")
        send(ledger)
        deliver(ledger.app)

        assert server.only().recipients == ["alice@example.com"]

    assert mail(ledger, broken).state is MailState.FAILED


def test_nothing_happens_where_mail_is_not_set_up_any_more(ledger: Ledger) -> None:
    with sends_mail(ledger.app, free_port()):
        number = send(ledger)
    deliver(ledger.app)

    assert (mail(ledger, number).state, job(ledger).outcome) == (MailState.WAITING, "mail is not set up")


def test_server_that_is_asked_to_end_gives_the_job_back(ledger: Ledger) -> None:
    with mail_server() as server, sends_mail(ledger.app, server.port):
        number = send(ledger)
        worker = Worker(ledger.app.job_tools(), list(KINDS))
        job_id, key = next(found for found in worker.due() if found[1] == SEND)
        worker.stop()
        worker.run_job(job_id, key)
        assert server.received == []

        deliver(ledger.app)
        assert server.only().recipients == ["alice@example.com"]

    assert mail(ledger, number).state is MailState.SENT


def test_server_that_dies_in_the_middle_loses_nothing(ledger: Ledger, clock: FakeClock) -> None:
    port = free_port()
    with sends_mail(ledger.app, port):
        for name in ("alice", "bob"):
            send(ledger, f"{name}@example.com")
        with mail_server(port=port) as server:
            server.handler.answers["bob@example.com"] = "421 going down"
            deliver(ledger.app)
            assert [one.recipients for one in server.received] == [["alice@example.com"]]
        clock.advance(minutes=1)
        with mail_server(port=port) as server:
            deliver(ledger.app)
            assert server.only().recipients == ["bob@example.com"]
