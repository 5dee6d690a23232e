"""The outbox: mails are part of the transaction that writes them, and nothing of others gets into their headers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from kallithea.config.mailing import mailing_of, missing, post_of
from kallithea.lib.errors import Conflict, Invalid, NotFound, Unavailable
from kallithea.lib.smtp import Encryption
from kallithea.services.letters import Letter, LetterLink, trial
from kallithea.services.mails import GIVEN_UP_AFTER, KEPT_FAILED, KEPT_SENT, MailFacts, MailState, Outgoing
from tests.mail_server import SITE, deliver, mail_server, sends_mail
from tests.ports import free_port
from tests.services.conftest import FakeClock, Ledger

EVIL = '<script>alert("1")</script>'


@pytest.fixture(name="house")
def _house(ledger: Ledger) -> Iterator[Ledger]:
    """An instance whose mail server is away."""
    with sends_mail(ledger.app, free_port()):
        yield ledger


def send(ledger: Ledger, letter: Letter | None = None, to: str = "alice@example.com", **options: timedelta) -> int:
    with ledger.app.system_scope() as scope:
        return scope.mails.send(letter or trial("alice"), to, **options)


def queue(ledger: Ledger) -> list[MailFacts]:
    with ledger.app.system_scope() as scope:
        return [*scope.mails.queue()]


def states(ledger: Ledger) -> list[MailState]:
    return [mail.state for mail in queue(ledger)]


def test_mail_waits_from_the_commit_on(house: Ledger) -> None:
    send(house)

    assert [(mail.recipient, mail.subject, mail.state) for mail in queue(house)] == [
        ("alice@example.com", "A test", MailState.WAITING)
    ]


def test_mail_of_a_transaction_that_fails_is_never_sent(house: Ledger) -> None:
    def fail() -> None:
        with house.app.system_scope() as scope:
            scope.mails.send(trial("alice"), "alice@example.com")
            scope.mails.get(4711)

    with pytest.raises(NotFound):
        fail()

    assert queue(house) == []


def test_nothing_is_written_where_mail_is_not_set_up(ledger: Ledger) -> None:
    with pytest.raises(Unavailable):
        send(ledger)

    assert queue(ledger) == []


@pytest.mark.parametrize(
    "address",
    [
        "alice@example.com\nBcc: eve@example.com",
        "alice@example.com\r\nBcc: eve@example.com",
        "alice@example.com, eve@example.com",
        "alice@example.com\x00",
        "ali\u2028ce@example.com",
        "Alice <alice@example.com>",
        "alice",
        "",
        "a" * 300 + "@example.com",
    ],
    ids=ascii,
)
def test_address_cannot_bring_a_header_or_a_second_recipient(house: Ledger, address: str) -> None:
    with pytest.raises(Invalid):
        send(house, to=address)

    assert queue(house) == []


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n", "\x0b", "\x85", "\u2028", "\x00"], ids=ascii)
def test_subject_cannot_bring_a_header(house: Ledger, end: str) -> None:
    with pytest.raises(Invalid):
        send(house, Letter("test", f"Hello{end}Bcc: eve@example.com", "alice", ("Hello.",)))

    assert queue(house) == []


def test_what_others_chose_is_text_in_both_parts(ledger: Ledger) -> None:
    letter = Letter("test", "Hello", EVIL, (EVIL,), LetterLink(EVIL, f"{SITE}/?a=1&b=2"), (EVIL,))
    with mail_server() as server, sends_mail(ledger.app, server.port, title=EVIL):
        send(ledger, letter)
        deliver(ledger.app)
        mail = server.only()

    assert "<script>" not in mail.html
    assert "&lt;script&gt;" in mail.html
    assert EVIL in mail.text
    assert f"{SITE}/?a=1&b=2" in mail.text
    assert f'href="{SITE}/?a=1&amp;b=2"' in mail.html


def test_message_says_who_it_is_from_and_that_nobody_shall_answer(ledger: Ledger, clock: FakeClock) -> None:
    with mail_server() as server, sends_mail(ledger.app, server.port, email_prefix="[house]"):
        send(ledger)
        deliver(ledger.app)
        message = server.only().message

    assert message["From"] == "Test House <kallithea@example.com>"
    assert message["To"] == "alice@example.com"
    assert message["Subject"] == "[house] A test"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Date"].datetime == clock().replace(microsecond=0)
    assert message["Message-ID"].endswith("@example.com>")
    assert message.get_content_type() == "multipart/alternative"


def test_mail_that_is_sent_twice_has_one_number(house: Ledger, clock: FakeClock) -> None:
    post = post_of(house.app.settings)
    assert post is not None
    one = Outgoing(7, "alice@example.com", "A test", "text", "<p>text</p>", clock())

    assert post.message(one)["Message-ID"] == post.message(one)["Message-ID"]


def test_names_of_hosts_in_other_letters_are_written_as_the_wire_wants_them(ledger: Ledger) -> None:
    with mail_server() as server, sends_mail(ledger.app, server.port):
        send(ledger, to="alice@bücher.example")
        deliver(ledger.app)

        assert server.only().recipients == ["alice@xn--bcher-kva.example"]


# --- what becomes of them


def test_text_is_erased_when_the_mail_is_sent(ledger: Ledger) -> None:
    with mail_server() as server, sends_mail(ledger.app, server.port):
        number = send(ledger)
        deliver(ledger.app)
    with ledger.app.system_scope() as scope:
        assert scope.mails.outgoing(number) is None
        with pytest.raises(Conflict):
            scope.mails.again(number)

    assert states(ledger) == [MailState.SENT]


def test_mail_whose_link_is_over_is_not_sent(ledger: Ledger, clock: FakeClock) -> None:
    with mail_server() as server, sends_mail(ledger.app, server.port):
        send(ledger, useful_for=timedelta(hours=1))
        clock.advance(hours=1)
        deliver(ledger.app)

        assert server.received == []

    assert states(ledger) == [MailState.FAILED]


def test_discarded_mail_is_not_sent(ledger: Ledger) -> None:
    with mail_server() as server, sends_mail(ledger.app, server.port):
        number = send(ledger)
        with ledger.app.system_scope() as scope:
            scope.mails.discard(number)
        deliver(ledger.app)

        assert server.received == []

    assert queue(ledger) == []


def test_mail_that_is_gone_is_not_found(house: Ledger) -> None:
    with house.app.system_scope() as scope:
        for act in (scope.mails.again, scope.mails.discard, scope.mails.get):
            with pytest.raises(NotFound):
                act(4711)


def test_old_mails_are_forgotten_and_young_and_waiting_ones_stay(ledger: Ledger, clock: FakeClock) -> None:
    with mail_server() as server, sends_mail(ledger.app, server.port):
        server.handler.answers["nobody@example.com"] = "550 no such user"
        for to in ("alice@example.com", "nobody@example.com"):
            send(ledger, to=to)
        deliver(ledger.app)
    with sends_mail(ledger.app, free_port()):
        send(ledger, to="waits@example.com")

        def forgotten() -> list[str]:
            with ledger.app.system_scope() as scope:
                scope.mails.forget_old()
            return sorted(mail.recipient for mail in queue(ledger))

        assert forgotten() == ["alice@example.com", "nobody@example.com", "waits@example.com"]
        clock.advance(seconds=KEPT_SENT.total_seconds() + 1)
        assert forgotten() == ["nobody@example.com", "waits@example.com"]
        clock.advance(seconds=KEPT_FAILED.total_seconds())
        assert forgotten() == ["waits@example.com"]


def test_mail_that_no_server_took_for_days_is_given_up(house: Ledger, clock: FakeClock) -> None:
    send(house)
    clock.advance(seconds=GIVEN_UP_AFTER.total_seconds() + 1)
    deliver(house.app)

    assert states(house) == [MailState.FAILED]


# --- the settings


def test_settings_say_how_the_connection_is_protected(ledger: Ledger) -> None:
    found = []
    for values in ({}, {"smtp_use_tls": True}, {"smtp_use_ssl": True}, {"smtp_use_tls": True, "smtp_use_ssl": True}):
        with sends_mail(ledger.app, 0, **values):
            post = post_of(ledger.app.settings)
            assert post is not None
            found.append((post.server.encryption, post.server.port))

    assert found == [
        (Encryption.NONE, 25),
        (Encryption.STARTTLS, 587),
        (Encryption.TLS, 465),
        (Encryption.TLS, 465),
    ]


@pytest.mark.parametrize("key", ["smtp_server", "app_email_from", "canonical_url"])
def test_mail_needs_a_server_a_sender_and_an_address_of_the_site(ledger: Ledger, key: str) -> None:
    """Without canonical_url a visitor's Host header would say where the links lead."""
    with sends_mail(ledger.app, 25, **{key: ""}):
        settings = ledger.app.settings
        assert (mailing_of(settings), post_of(settings)) == (None, None)
        assert missing(settings) == ((key,) if key != "smtp_server" else ())
