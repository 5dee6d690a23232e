"""Accounts, sessions and guessing."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from kallithea.lib.errors import Conflict, Invalid, NotFound, TooManyAttempts, Unauthenticated
from kallithea.model import User, UserSession
from kallithea.services.accounts import NewAccount
from kallithea.services.actors import Anonymous, Credentials, Member, NamePassword, Origin, SessionToken
from kallithea.services.throttle import FREE_FAILURES
from tests.services.conftest import PASSWORD, FakeClock, Ledger
from tests.worlds import counted_statements

HERE = Origin("192.0.2.1", "a browser", "http")


def sign_in(ledger: Ledger, name: str, password: str, address: str = "192.0.2.1") -> Member:
    with ledger.app.scope(Credentials(origin=Origin(address))) as scope:
        return scope.authentication.by_password(name, password, address=address)


def start_session(ledger: Ledger, member: Member, *, remember: bool = False) -> str:
    with ledger.app.scope(Credentials(origin=HERE), writes=True) as scope:
        return scope.accounts.start_session(member, HERE, remember=remember)[0]


def actor_of(ledger: Ledger, token: str) -> object:
    with ledger.app.scope(Credentials(SessionToken(token), HERE)) as scope:
        return scope.actor


@pytest.mark.parametrize("name", ["alice", "ALICE", "alice@example.com", "Alice@Example.com"])
def test_sign_in_by_name_or_address(ledger: Ledger, name: str) -> None:
    alice = ledger.user("alice")
    assert sign_in(ledger, name, PASSWORD).id == alice.id


def test_disabled_accounts_cannot_sign_in(ledger: Ledger) -> None:
    alice = ledger.user("alice")
    with ledger.app.session() as session, session.begin():
        session.get_one(User, alice.id).is_active = False

    with pytest.raises(Unauthenticated):
        sign_in(ledger, "alice", PASSWORD)


def test_disabling_an_account_ends_its_sessions_at_once(ledger: Ledger) -> None:
    alice = ledger.user("alice")
    token = start_session(ledger, alice)
    with ledger.app.session() as session, session.begin():
        session.get_one(User, alice.id).is_active = False

    assert actor_of(ledger, token) == Anonymous()


def test_the_database_has_no_token(ledger: Ledger) -> None:
    token = start_session(ledger, ledger.user("alice"))

    with ledger.app.session() as session:
        row = session.scalars(select(UserSession)).one()
    assert token not in (row.token_hash, row.client)
    assert len(row.token_hash) == 64


def test_sessions_end(ledger: Ledger) -> None:
    token = start_session(ledger, ledger.user("alice"))
    ledger.clock.advance(hours=13)

    assert actor_of(ledger, token) == Anonymous()


def test_remembered_sessions_last_as_long_as_the_settings_say(ledger: Ledger) -> None:
    token = start_session(ledger, ledger.user("alice"), remember=True)
    ledger.clock.advance(days=29)
    assert isinstance(actor_of(ledger, token), Member)
    ledger.clock.advance(days=2)

    assert actor_of(ledger, token) == Anonymous()


def test_when_a_session_was_used_is_written_at_most_every_ten_minutes(ledger: Ledger) -> None:
    token = start_session(ledger, ledger.user("alice"))
    started = ledger.clock.now

    def used_at() -> object:
        actor_of(ledger, token)
        with ledger.app.session() as session:
            return session.scalars(select(UserSession.used_at)).one()

    ledger.clock.advance(minutes=9)
    assert used_at() == started
    ledger.clock.advance(minutes=2)
    assert used_at() == ledger.clock.now


def test_nobody_ends_the_session_of_another(ledger: Ledger) -> None:
    alice, bob = ledger.user("alice"), ledger.user("bob")
    token = start_session(ledger, alice)
    with ledger.app.session() as session:
        number = session.scalars(select(UserSession.id)).one()

    with pytest.raises(NotFound), ledger.app.scope(Credentials(origin=HERE), writes=True) as scope:
        scope.accounts.end_session(bob, number)

    assert isinstance(actor_of(ledger, token), Member)


def test_a_changed_password_ends_all_other_sessions(ledger: Ledger) -> None:
    alice = ledger.user("alice")
    kept, other = start_session(ledger, alice), start_session(ledger, alice)

    with ledger.app.scope(Credentials(SessionToken(kept), HERE), writes=True) as scope:
        scope.accounts.change_password(scope.member, current=PASSWORD, new="another-good-one")

    assert isinstance(actor_of(ledger, kept), Member)
    assert actor_of(ledger, other) == Anonymous()
    with pytest.raises(Unauthenticated):
        sign_in(ledger, "alice", PASSWORD)
    assert sign_in(ledger, "alice", "another-good-one").id == alice.id


@pytest.mark.parametrize("name", ["alice", "nobody-of-that-name"])
def test_guessing_is_slowed_down_for_known_and_unknown_names_alike(ledger: Ledger, name: str) -> None:
    ledger.user("alice")
    refusals = []
    for attempt in range(12):
        try:
            sign_in(ledger, name, "wrong", address=f"192.0.2.{attempt}")
        except (Unauthenticated, TooManyAttempts) as error:
            refusals.append(type(error))

    assert refusals == [Unauthenticated] * 10 + [TooManyAttempts] * 2


def test_a_throttled_account_opens_again_within_a_minute(ledger: Ledger) -> None:
    alice = ledger.user("alice")
    for attempt in range(40):
        with pytest.raises((Unauthenticated, TooManyAttempts)):
            sign_in(ledger, "alice", "wrong", address=f"192.0.2.{attempt}")
        ledger.clock.advance(seconds=61)
    with pytest.raises((Unauthenticated, TooManyAttempts)):
        sign_in(ledger, "alice", "wrong", address="198.51.100.1")

    ledger.clock.advance(seconds=61)
    assert sign_in(ledger, "alice", PASSWORD, address="198.51.100.2").id == alice.id


def test_guessing_many_names_from_one_network_is_slowed_down(ledger: Ledger) -> None:
    for attempt in range(30):
        with pytest.raises(Unauthenticated):
            sign_in(ledger, f"user{attempt}", "wrong", address="2001:db8::" + format(attempt, "x"))

    with pytest.raises(TooManyAttempts):
        sign_in(ledger, "user99", "wrong", address="2001:db8::ffff")


def test_a_remembered_password_is_forgotten_with_its_hash(ledger: Ledger) -> None:
    alice = ledger.user("alice")
    sign_in(ledger, "alice", PASSWORD)
    with ledger.app.session() as session, session.begin():
        session.get_one(User, alice.id).password_hash = "unusable"

    with pytest.raises(Unauthenticated):
        sign_in(ledger, "alice", PASSWORD)


@pytest.mark.parametrize(
    "new",
    [
        NewAccount("", "x@example.com", PASSWORD),
        NewAccount("-h", "x@example.com", PASSWORD),
        NewAccount("a b", "x@example.com", PASSWORD),
        NewAccount("anyone", "x@example.com", PASSWORD),
        NewAccount("x" * 101, "x@example.com", PASSWORD),
        NewAccount("carol", "no address", PASSWORD),
        NewAccount("carol", "x@example.com\nBcc: y@example.com", PASSWORD),
        NewAccount("carol", "x@example.com", "short"),
        NewAccount("carol", "x@example.com", "x" * 1001),
    ],
)
def test_unusable_accounts_are_refused(ledger: Ledger, new: NewAccount) -> None:
    with pytest.raises(Invalid), ledger.app.system_scope() as scope:
        scope.accounts.create(new)


@pytest.mark.parametrize(("name", "email"), [("ALICE", "new@example.com"), ("carol", "Alice@Example.com")])
def test_names_and_addresses_are_unique_whatever_their_case(ledger: Ledger, name: str, email: str) -> None:
    ledger.user("alice")
    with pytest.raises(Conflict), ledger.app.system_scope() as scope:
        scope.accounts.create(NewAccount(name, email, PASSWORD))


def test_a_page_of_a_member_costs_two_statements_before_its_content(ledger: Ledger) -> None:
    """A page of a signed-in member: one statement finds who acts, one what may be seen."""
    alice = ledger.user("alice")
    ledger.repository("shop", alice)
    token = start_session(ledger, alice)

    with counted_statements(ledger.app.engine) as statements, ledger.app.scope(Credentials(SessionToken(token), HERE)) as scope:
        scope.access.read_repository(scope.access.locate(["shop", "changelog"]))

    assert len([text for text in statements if text.startswith("SELECT")]) == 2


def test_failures_of_an_hour_ago_count_no_more(ledger: Ledger, clock: FakeClock) -> None:
    ledger.user("alice")

    def guess() -> None:
        with ledger.app.scope(Credentials(NamePassword("alice", "wrong"))) as scope:
            assert scope.actor

    for _ in range(FREE_FAILURES["account"]):
        with pytest.raises(Unauthenticated):
            guess()
    with pytest.raises(TooManyAttempts):
        guess()
    clock.advance(minutes=61)

    for _ in range(2):
        with pytest.raises(Unauthenticated):
            guess()


def test_a_clock_that_was_ahead_locks_nobody_out(ledger: Ledger, clock: FakeClock) -> None:
    alice = ledger.user("alice")
    clock.advance(days=400)
    for _ in range(15):
        with pytest.raises(Unauthenticated), ledger.app.scope(Credentials(NamePassword("alice", "wrong"))) as scope:
            assert scope.actor
        clock.advance(minutes=6)
    clock.advance(days=-401)

    with ledger.scope_of(alice) as scope:
        assert scope.actor == alice
