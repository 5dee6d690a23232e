"""Who comes from where they may not come from has nothing, whatever they show."""

from __future__ import annotations

import pytest

from kallithea.lib.access import Access
from kallithea.lib.errors import Invalid, Unauthenticated
from kallithea.services.access.listing import ListingFilter
from kallithea.services.actors import Anonymous, Credentials, Member, NamePassword, NoCredentials, Origin, Proof, SessionToken
from tests.services.conftest import PASSWORD, Ledger

HERE, ELSEWHERE = "192.0.2.7", "198.51.100.1"


@pytest.fixture(name="alice")
def _alice(ledger: Ledger, admin: Member) -> Member:
    alice = ledger.user("alice")
    ledger.repository("web/shop", admin)
    ledger.give("web/shop", "user:alice", Access.ADMIN)
    return alice


def allow(ledger: Ledger, networks: str, *, user: str = "") -> None:
    with ledger.app.system_scope() as scope:
        account = scope.accounts.by_name(user) if user else None
        scope.address_lists.set(account, networks, by=scope.actor, origin=scope.credentials.origin)


def seen(ledger: Ledger, address: str, proof: Proof = NoCredentials()) -> tuple[Access, int, int, int]:
    """The access to the shop, and how many repositories and groups are listed, and how many are counted."""
    with ledger.app.scope(Credentials(proof, Origin(address))) as scope:
        access = scope.access.decide(scope.access.at("web/shop")).access
        lists = scope.listing
        page = lists.repositories(ListingFilter())
        return access, len(page.lines), len(lists.groups()), page.total


def session(ledger: Ledger, member: Member) -> SessionToken:
    with ledger.app.system_scope() as scope:
        return SessionToken(scope.accounts.start_session(member, Origin(HERE), remember=True)[0])


NOTHING = (Access.NONE, 0, 0, 0)
SOMETHING = (Access.READ, 1, 1, 1)
EVERYTHING = (Access.ADMIN, 1, 1, 1)


def test_a_visitor_from_elsewhere_sees_nothing(ledger: Ledger, alice: Member) -> None:
    assert seen(ledger, ELSEWHERE) == SOMETHING

    allow(ledger, "192.0.2.0/24")

    assert (seen(ledger, HERE), seen(ledger, ELSEWHERE), seen(ledger, "")) == (SOMETHING, NOTHING, NOTHING)


def test_a_session_is_good_for_nothing_elsewhere(ledger: Ledger, alice: Member) -> None:
    token = session(ledger, alice)
    allow(ledger, "192.0.2.0/24")

    assert (seen(ledger, HERE, token), seen(ledger, ELSEWHERE, token)) == (EVERYTHING, NOTHING)


def test_what_everybody_sees_a_member_with_a_list_does_not_see_from_elsewhere(ledger: Ledger, alice: Member) -> None:
    token = session(ledger, alice)
    allow(ledger, "192.0.2.0/24", user="alice")

    assert seen(ledger, ELSEWHERE, token) == NOTHING
    assert seen(ledger, ELSEWHERE) == SOMETHING
    with ledger.app.scope(Credentials(token, Origin(ELSEWHERE))) as scope:
        assert isinstance(scope.actor, Anonymous)


def test_an_own_list_counts_in_place_of_that_for_all(ledger: Ledger, alice: Member) -> None:
    token = session(ledger, alice)
    allow(ledger, "192.0.2.0/24")
    allow(ledger, "198.51.100.0/24", user="alice")

    assert (seen(ledger, HERE, token), seen(ledger, ELSEWHERE, token)) == (NOTHING, EVERYTHING)


def test_ipv4_that_arrives_as_ipv6_is_ipv4(ledger: Ledger, alice: Member) -> None:
    allow(ledger, "192.0.2.0/24")

    assert (seen(ledger, f"::ffff:{HERE}"), seen(ledger, f"::ffff:{ELSEWHERE}")) == (SOMETHING, NOTHING)


def test_the_right_password_from_elsewhere_is_a_wrong_one(ledger: Ledger, alice: Member) -> None:
    allow(ledger, "192.0.2.0/24", user="alice")
    said = []
    for password in (PASSWORD, "a wrong one"):
        with (
            pytest.raises(Unauthenticated) as refusal,
            ledger.app.scope(Credentials(NamePassword("alice", password), Origin(ELSEWHERE))) as scope,
        ):
            scope.access.root()
        said.append((type(refusal.value), refusal.value.message, refusal.value.hint))

    assert said[0] == said[1]
    assert seen(ledger, HERE, NamePassword("alice", PASSWORD)) == EVERYTHING


def test_guessing_from_elsewhere_is_slowed_down_as_everywhere(ledger: Ledger, alice: Member) -> None:
    allow(ledger, "192.0.2.0/24", user="alice")
    names = []
    for _ in range(12):
        with (
            pytest.raises(Exception, match=r"Wrong|too often") as refusal,
            ledger.app.scope(Credentials(NamePassword("alice", PASSWORD), Origin(ELSEWHERE))) as scope,
        ):
            scope.access.root()
        names.append(type(refusal.value).__name__)

    assert names[-1] == "TooManyAttempts"


@pytest.mark.parametrize("subject", ["", "root_user"])
def test_an_administrator_does_not_shut_himself_out(ledger: Ledger, admin: Member, subject: str) -> None:
    with (
        pytest.raises(Invalid, match="shut yourself out"),
        ledger.app.scope(Credentials(NamePassword("root_user", PASSWORD), Origin(HERE)), writes=True) as scope,
    ):
        scope.address_lists.set(
            scope.accounts.by_name(subject) if subject else None,
            "198.51.100.0/24",
            by=scope.actor,
            origin=scope.credentials.origin,
        )

    assert seen_by_admin(ledger)


def test_ending_an_own_list_does_not_shut_its_owner_out_either(ledger: Ledger, admin: Member) -> None:
    allow(ledger, HERE, user="root_user")
    allow(ledger, "198.51.100.0/24")
    with (
        pytest.raises(Invalid, match="shut yourself out"),
        ledger.app.scope(Credentials(NamePassword("root_user", PASSWORD), Origin(HERE)), writes=True) as scope,
    ):
        scope.address_lists.set(scope.accounts.by_name("root_user"), "", by=scope.actor, origin=scope.credentials.origin)


def test_what_was_cleared_shuts_nobody_out(ledger: Ledger, alice: Member) -> None:
    allow(ledger, "192.0.2.0/24")
    allow(ledger, "192.0.2.0/24", user="alice")
    with ledger.app.system_scope() as scope:
        scope.address_lists.clear()

    assert seen(ledger, ELSEWHERE) == SOMETHING
    assert seen(ledger, ELSEWHERE, session(ledger, alice)) == EVERYTHING


def seen_by_admin(ledger: Ledger) -> bool:
    with ledger.app.scope(Credentials(NamePassword("root_user", PASSWORD), Origin(HERE))) as scope:
        return isinstance(scope.actor, Member)
