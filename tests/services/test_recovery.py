"""Passwords are chosen anew by a link to the stored address: once, within an hour, and nobody learns who is here."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from kallithea.lib.errors import Invalid, NotFound, TooManyAttempts, Unauthenticated, Unavailable
from kallithea.model import Mail, MailedLink, UserEmail
from kallithea.services.actors import Credentials, Member, NamePassword, Origin, SessionToken
from kallithea.services.mails import MailState
from tests.mail_server import SITE, MailServer, deliver, mail_server, sends_mail
from tests.services.conftest import PASSWORD, FakeClock, Ledger
from tests.worlds import counted_statements

HERE = "192.0.2.1"
NEW = "a much better horse"


@pytest.fixture(name="server")
def _server(ledger: Ledger) -> Iterator[MailServer]:
    with mail_server() as server, sends_mail(ledger.app, server.port):
        yield server


@pytest.fixture(name="alice")
def _alice(ledger: Ledger) -> Member:
    return ledger.user("alice")


def ask(ledger: Ledger, email: str, *, network: str = HERE) -> None:
    with ledger.scope_of(None, writes=True) as scope:
        scope.recovery.ask(email, network=network)


def reset(ledger: Ledger, token: str, password: str = NEW, *, network: str = HERE) -> None:
    with ledger.scope_of(None, writes=True) as scope:
        scope.recovery.reset(token, password, network=network)


def link_for(ledger: Ledger, server: MailServer, email: str = "alice@example.com") -> str:
    ask(ledger, email)
    deliver(ledger.app)
    return server.only().token


def opens(ledger: Ledger, password: str, name: str = "alice") -> bool:
    try:
        with ledger.app.scope(Credentials(NamePassword(name, password))) as scope:
            return isinstance(scope.actor, Member)
    except Unauthenticated:
        return False


def test_link_goes_to_the_address_and_lets_one_choose_a_password(ledger: Ledger, server: MailServer, alice: Member) -> None:
    ask(ledger, "alice@example.com")
    deliver(ledger.app)
    mail = server.only()
    assert mail.recipients == ["alice@example.com"]
    assert mail.link.startswith(f"{SITE}/_admin/password_reset_confirmation?token=")

    reset(ledger, mail.token)

    assert (opens(ledger, NEW), opens(ledger, PASSWORD)) == (True, False)


def test_new_password_ends_all_sessions_and_the_owner_is_told(ledger: Ledger, server: MailServer, alice: Member) -> None:
    with ledger.app.system_scope() as scope:
        tokens = [scope.accounts.start_session(alice, Origin(HERE), remember=True)[0] for _ in range(3)]
    reset(ledger, link_for(ledger, server))
    deliver(ledger.app)

    for token in tokens:
        with ledger.app.scope(Credentials(SessionToken(token))) as scope:
            assert not isinstance(scope.actor, Member)
    assert server.only().message["Subject"] == "Your password was changed"


def test_link_works_once(ledger: Ledger, server: MailServer, alice: Member) -> None:
    token = link_for(ledger, server)
    reset(ledger, token)

    with pytest.raises(NotFound):
        reset(ledger, token, "yet another horse")

    assert opens(ledger, NEW)


def test_link_works_for_an_hour(ledger: Ledger, server: MailServer, alice: Member, clock: FakeClock) -> None:
    token = link_for(ledger, server)
    clock.advance(hours=1)

    with pytest.raises(NotFound):
        reset(ledger, token)


def test_newer_link_ends_the_older_one(ledger: Ledger, server: MailServer, alice: Member) -> None:
    older, newer = link_for(ledger, server), link_for(ledger, server)

    with pytest.raises(NotFound):
        reset(ledger, older)
    reset(ledger, newer)


def test_used_link_ends_all_others(ledger: Ledger, server: MailServer, alice: Member) -> None:
    token = link_for(ledger, server)
    reset(ledger, token)
    with ledger.app.session() as session:
        assert session.scalars(select(MailedLink)).all() == []


@pytest.mark.parametrize(
    "token", ["", "x", "A" * 43, "\x00", "é" * 10_000, "../..", "' OR 1=1 --"], ids=lambda t: ascii(t)[:20]
)
def test_forged_link_opens_nothing(ledger: Ledger, server: MailServer, alice: Member, token: str) -> None:
    link_for(ledger, server)
    with pytest.raises(NotFound):
        reset(ledger, token)


def test_hash_in_the_database_is_no_link(ledger: Ledger, server: MailServer, alice: Member) -> None:
    link_for(ledger, server)
    with ledger.app.session() as session:
        kept = session.scalars(select(MailedLink.token_hash)).one()

    with pytest.raises(NotFound):
        reset(ledger, kept)


def test_link_for_an_address_resets_no_password(ledger: Ledger, server: MailServer, alice: Member) -> None:
    with ledger.scope_of(alice, writes=True) as scope:
        scope.addresses.add(alice, "other@example.com", lambda token: f"{SITE}/?token={token}", network=HERE)
    deliver(ledger.app)

    with pytest.raises(NotFound):
        reset(ledger, server.only().token)


def test_password_that_is_refused_leaves_the_link(ledger: Ledger, server: MailServer, alice: Member) -> None:
    token = link_for(ledger, server)
    for bad in ("short", "password1234", "alice@example.com"):
        with pytest.raises(Invalid):
            reset(ledger, token, bad)

    reset(ledger, token)


def test_disabled_account_gets_no_link_and_an_older_one_works_no_more(
    ledger: Ledger, server: MailServer, alice: Member
) -> None:
    token = link_for(ledger, server)
    with ledger.app.system_scope() as scope:
        scope.accounts.get(alice.id).is_active = False
    ask(ledger, "alice@example.com")
    deliver(ledger.app)

    assert server.received == []
    with pytest.raises(NotFound):
        reset(ledger, token)


# --- whose address


@pytest.mark.parametrize("typed", ["ALICE@Example.COM", " alice@example.com "])
def test_address_is_found_whatever_its_case(ledger: Ledger, server: MailServer, alice: Member, typed: str) -> None:
    ask(ledger, typed)
    deliver(ledger.app)

    assert server.only().recipients == ["alice@example.com"]


def test_mail_goes_to_the_stored_address_never_to_a_look_alike_that_was_typed(ledger: Ledger, server: MailServer) -> None:
    """Case folding makes one of two letters: who owns the address with a ligature must not get the link of the other."""
    ledger.user("fiona")
    ask(ledger, "\ufb01ona@example.com")
    deliver(ledger.app)

    assert server.only().recipients == ["fiona@example.com"]


def test_confirmed_further_address_finds_the_account_but_the_link_goes_to_the_primary_one(
    ledger: Ledger, server: MailServer, alice: Member
) -> None:
    with ledger.app.session() as session:
        session.add(
            UserEmail(user_id=alice.id, email="old@example.org", email_key="old@example.org", confirmed_at=ledger.clock())
        )
        session.commit()
    ask(ledger, "old@example.org")
    deliver(ledger.app)

    assert server.only().recipients == ["alice@example.com"]


def test_address_that_was_not_confirmed_finds_nobody(ledger: Ledger, server: MailServer, alice: Member) -> None:
    with ledger.scope_of(alice, writes=True) as scope:
        scope.addresses.add(alice, "victim@example.com", lambda token: f"{SITE}/?token={token}", network=HERE)
    deliver(ledger.app)
    server.received.clear()
    ask(ledger, "victim@example.com")
    deliver(ledger.app)

    assert server.received == []


@pytest.mark.parametrize("typed", ["alice@example.com,eve@example.com", "alice@example.com\neve@example.com", "alice", ""])
def test_two_addresses_are_none(ledger: Ledger, server: MailServer, alice: Member, typed: str) -> None:
    with pytest.raises(Invalid):
        ask(ledger, typed)


# --- no oracle


def test_known_and_unknown_addresses_make_the_same_rows(ledger: Ledger, server: MailServer, alice: Member) -> None:
    """What is done while somebody waits for the answer does not depend on who is here: nothing can be measured."""
    done = {}
    for typed in ("alice@example.com", "carol@example.com"):
        with counted_statements(ledger.app.engine) as statements:
            ask(ledger, typed, network=f"network of {typed}")
        with ledger.app.session() as session:
            rows = session.scalars(select(MailedLink).order_by(MailedLink.id.desc())).first()
            assert rows is not None
            done[typed] = (rows.user_id, rows.purpose, [text.split("VALUES")[0] for text in statements])
            assert session.scalars(select(Mail)).all() == []

    # The job has its row from the first time on; asking for it is one statement either way.
    assert done["alice@example.com"] == done["carol@example.com"]


def test_unknown_address_gets_no_mail_and_leaves_nothing(ledger: Ledger, server: MailServer) -> None:
    ask(ledger, "nobody@example.com")
    deliver(ledger.app)

    assert server.received == []
    with ledger.app.session() as session:
        assert session.scalars(select(MailedLink)).all() == []


@pytest.mark.parametrize("typed", ["alice@example.com", "nobody@example.com"])
def test_asking_for_one_address_is_slowed_down_known_or_not(
    ledger: Ledger, server: MailServer, alice: Member, typed: str
) -> None:
    outcomes = []
    for attempt in range(5):
        try:
            ask(ledger, typed, network=f"192.0.2.{attempt}")
            outcomes.append("taken")
        except TooManyAttempts as error:
            outcomes.append(f"wait {error.wait}")

    assert outcomes == ["taken"] * 3 + ["wait 3600"] * 2


def test_nobody_is_kept_from_asking_for_longer_than_an_hour(ledger: Ledger, server: MailServer, clock: FakeClock) -> None:
    for _ in range(3):
        ask(ledger, "alice@example.com")
    for _ in range(6):
        clock.advance(minutes=9)
        with pytest.raises(TooManyAttempts):
            ask(ledger, "alice@example.com")
    clock.advance(minutes=7)

    ask(ledger, "alice@example.com")


def test_asking_for_many_addresses_from_one_network_is_slowed_down(ledger: Ledger, server: MailServer) -> None:
    for attempt in range(20):
        ask(ledger, f"user{attempt}@example.com", network=f"2001:db8::{attempt:x}")

    with pytest.raises(TooManyAttempts):
        ask(ledger, "another@example.com", network="2001:db8::ffff")


def test_guessing_links_is_slowed_down(ledger: Ledger, server: MailServer) -> None:
    for attempt in range(60):
        with pytest.raises(NotFound):
            reset(ledger, f"guess {attempt}")

    with pytest.raises(TooManyAttempts):
        reset(ledger, "one more")


def test_without_mail_nothing_is_asked_for(ledger: Ledger, alice: Member) -> None:
    with pytest.raises(Unavailable):
        ask(ledger, "alice@example.com")
    with ledger.app.session() as session:
        assert session.scalars(select(MailedLink)).all() == []


def test_text_of_the_mail_is_erased_with_the_hour(ledger: Ledger, alice: Member, clock: FakeClock) -> None:
    """The link is in the database for as long as it waits, and works for as long."""
    with sends_mail(ledger.app, 9):
        ask(ledger, "alice@example.com")
        deliver(ledger.app)
        clock.advance(hours=1)
        with mail_server() as server, sends_mail(ledger.app, server.port):
            deliver(ledger.app)
            assert server.received == []
    with ledger.app.session() as session:
        row = session.scalars(select(Mail)).one()
        assert (row.text, row.html) == ("", "")
    with ledger.app.system_scope() as scope:
        assert [mail.state for mail in scope.mails.queue()] == [MailState.FAILED]


def test_deed_is_written_down(ledger: Ledger, server: MailServer, alice: Member) -> None:
    reset(ledger, link_for(ledger, server))
    with ledger.app.system_scope() as scope:
        entry = scope.audit.latest()[0]
    assert (entry.action, entry.target_name, entry.before, entry.after) == ("user.password-reset", "alice", None, None)
