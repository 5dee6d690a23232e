"""Addresses of people: confirmed before they count, one primary, and never anybody else's."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from kallithea.lib.errors import Conflict, Invalid, NotFound, TooManyAttempts
from kallithea.model import MailedLink
from kallithea.services.accounts import NewAccount
from kallithea.services.actors import Credentials, Member, NamePassword
from kallithea.services.addresses import GOOD_FOR, MOST, OwnAddresses
from tests.lib.test_pictures import png
from tests.mail_server import SITE, MailServer, deliver, mail_server, sends_mail
from tests.services.conftest import PASSWORD, FakeClock, Ledger

HERE = "192.0.2.1"
OTHER = "alice@example.org"


@pytest.fixture(name="server")
def _server(ledger: Ledger) -> Iterator[MailServer]:
    with mail_server() as server, sends_mail(ledger.app, server.port):
        yield server


@pytest.fixture(name="alice")
def _alice(ledger: Ledger) -> Member:
    return ledger.user("alice")


@pytest.fixture(name="eve")
def _eve(ledger: Ledger) -> Member:
    return ledger.user("eve")


def add(ledger: Ledger, member: Member, email: str = OTHER) -> None:
    with ledger.scope_of(member, writes=True) as scope:
        scope.addresses.add(member, email, lambda token: f"{SITE}/?token={token}", network=HERE)


def confirm(ledger: Ledger, member: Member, token: str) -> str:
    with ledger.scope_of(member, writes=True) as scope:
        return scope.addresses.confirm(member, token)


def own(ledger: Ledger, member: Member) -> OwnAddresses:
    with ledger.scope_of(member) as scope:
        return scope.addresses.all(member)


def confirmed(ledger: Ledger, server: MailServer, member: Member, email: str = OTHER) -> int:
    """The number of a new, confirmed address."""
    add(ledger, member, email)
    deliver(ledger.app)
    confirm(ledger, member, server.only().token)
    return next(one.id for one in own(ledger, member).further if one.email == email)


def test_address_counts_when_it_is_confirmed(ledger: Ledger, server: MailServer, alice: Member) -> None:
    add(ledger, alice)
    assert [one.email for one in own(ledger, alice).waiting] == [OTHER]
    assert own(ledger, alice).further == []

    deliver(ledger.app)
    mail = server.only()
    confirm(ledger, alice, mail.token)

    assert mail.recipients == [OTHER]
    assert ([one.email for one in own(ledger, alice).further], own(ledger, alice).waiting) == ([OTHER], [])


def test_link_of_one_person_confirms_nothing_for_another(
    ledger: Ledger, server: MailServer, alice: Member, eve: Member
) -> None:
    """Who adds an address of somebody else and has them open the link in their own session gets nothing."""
    add(ledger, eve, "alice@example.net")
    deliver(ledger.app)
    token = server.only().token

    with pytest.raises(NotFound):
        confirm(ledger, alice, token)

    assert (own(ledger, alice).further, own(ledger, eve).further) == ([], [])


@pytest.mark.parametrize("token", ["", "x", "A" * 43, "\x00", "é" * 10_000, "' OR 1=1 --"], ids=lambda t: ascii(t)[:20])
def test_forged_link_confirms_nothing(ledger: Ledger, alice: Member, server: MailServer, token: str) -> None:
    add(ledger, alice)
    with pytest.raises(NotFound):
        confirm(ledger, alice, token)

    assert own(ledger, alice).further == []


def test_hash_in_the_database_is_no_link(ledger: Ledger, alice: Member, server: MailServer) -> None:
    add(ledger, alice)
    with ledger.app.session() as session:
        kept = session.scalars(select(MailedLink.token_hash)).one()

    with pytest.raises(NotFound):
        confirm(ledger, alice, kept)
    assert own(ledger, alice).further == []


def test_link_works_once_and_for_three_days(ledger: Ledger, server: MailServer, alice: Member, clock: FakeClock) -> None:
    add(ledger, alice)
    deliver(ledger.app)
    token = server.only().token
    confirm(ledger, alice, token)
    with pytest.raises(NotFound):
        confirm(ledger, alice, token)

    add(ledger, alice, "third@example.org")
    deliver(ledger.app)
    clock.advance(seconds=GOOD_FOR.total_seconds())
    with pytest.raises(NotFound):
        confirm(ledger, alice, server.only().token)


def test_adding_an_address_that_somebody_has_says_nothing(
    ledger: Ledger, server: MailServer, alice: Member, eve: Member
) -> None:
    for address in ("alice@example.com", "nobody@example.com"):
        add(ledger, eve, address)
    deliver(ledger.app)

    assert len(own(ledger, eve).waiting) == 2
    assert sorted(one.recipients[0] for one in server.received) == ["alice@example.com", "nobody@example.com"]


def test_address_of_another_account_cannot_be_confirmed(ledger: Ledger, server: MailServer, alice: Member, eve: Member) -> None:
    confirmed(ledger, server, alice)
    for address in ("ALICE@example.com", OTHER.upper()):
        add(ledger, eve, address)
        deliver(ledger.app)
        with pytest.raises(Conflict):
            confirm(ledger, eve, server.only().token)

    assert own(ledger, eve).further == []


def test_unconfirmed_address_keeps_nobody_from_having_it(
    ledger: Ledger, server: MailServer, alice: Member, eve: Member
) -> None:
    add(ledger, eve, OTHER)
    deliver(ledger.app)
    server.received.clear()

    confirmed(ledger, server, alice)

    assert [one.email for one in own(ledger, alice).further] == [OTHER]


def test_new_account_cannot_have_a_further_address_of_another(ledger: Ledger, server: MailServer, alice: Member) -> None:
    confirmed(ledger, server, alice)
    with pytest.raises(Conflict), ledger.app.system_scope() as scope:
        scope.accounts.create(NewAccount("carol", OTHER.title(), PASSWORD))


def test_own_address_is_not_added_twice(ledger: Ledger, server: MailServer, alice: Member) -> None:
    confirmed(ledger, server, alice)
    for address in ("Alice@Example.com", OTHER.title()):
        with pytest.raises(Invalid, match="already"):
            add(ledger, alice, address)


def test_asking_again_replaces_the_link(ledger: Ledger, server: MailServer, alice: Member) -> None:
    for _ in range(2):
        add(ledger, alice)
        deliver(ledger.app)
    older, newer = (mail.token for mail in server.received)

    assert len(own(ledger, alice).waiting) == 1
    with pytest.raises(NotFound):
        confirm(ledger, alice, older)
    confirm(ledger, alice, newer)


def test_primary_address_is_exchanged_and_both_are_told(ledger: Ledger, server: MailServer, alice: Member) -> None:
    number = confirmed(ledger, server, alice)
    with ledger.scope_of(alice, writes=True) as scope:
        scope.addresses.make_primary(alice, number)
    deliver(ledger.app)

    found = own(ledger, alice)
    assert (found.primary, [one.email for one in found.further]) == (OTHER, ["alice@example.com"])
    assert sorted(mail.recipients[0] for mail in server.received) == ["alice@example.com", OTHER]


@pytest.mark.parametrize("verb", ["remove", "make_primary", "forget_link"])
def test_addresses_of_others_cannot_be_touched(
    ledger: Ledger, server: MailServer, alice: Member, eve: Member, verb: str
) -> None:
    """The predecessor took the number of an address without asking whose it was."""
    number = confirmed(ledger, server, alice)
    add(ledger, alice, "waits@example.org")
    if verb == "forget_link":
        number = own(ledger, alice).waiting[0].id
    before = own(ledger, alice)

    with pytest.raises(NotFound), ledger.scope_of(eve, writes=True) as scope:
        getattr(scope.addresses, verb)(eve, number)

    assert own(ledger, alice) == before


def test_removed_address_is_free_for_others(ledger: Ledger, server: MailServer, alice: Member, eve: Member) -> None:
    number = confirmed(ledger, server, alice)
    with ledger.scope_of(alice, writes=True) as scope:
        scope.addresses.remove(alice, number)

    confirmed(ledger, server, eve, OTHER)

    assert (own(ledger, alice).further, [one.email for one in own(ledger, eve).further]) == ([], [OTHER])


def test_filling_the_letter_box_of_somebody_is_slowed_down(ledger: Ledger, server: MailServer, eve: Member) -> None:
    for number in range(10):
        add(ledger, eve, f"victim+{number}@example.com")

    with pytest.raises(TooManyAttempts):
        add(ledger, eve, "victim+x@example.com")


def test_an_account_has_so_many_addresses_and_no_more(
    ledger: Ledger, server: MailServer, alice: Member, clock: FakeClock
) -> None:
    for number in range(MOST):
        add(ledger, alice, f"a{number}@example.com")
        clock.advance(minutes=61 if number % 9 == 8 else 0)

    with pytest.raises(Conflict):
        add(ledger, alice, "one-more@example.com")


def test_further_address_signs_in_and_a_waiting_one_does_not(ledger: Ledger, server: MailServer, alice: Member) -> None:
    confirmed(ledger, server, alice)
    with ledger.app.scope(Credentials(NamePassword(OTHER.upper(), PASSWORD))) as scope:
        assert scope.actor == alice


def test_commits_under_a_further_address_show_the_picture(ledger: Ledger, server: MailServer, alice: Member) -> None:
    with ledger.scope_of(alice, writes=True) as scope:
        scope.pictures.give(alice, png(4, 4))
    number = confirmed(ledger, server, alice)
    add(ledger, alice, "waits@example.org")

    def pictured() -> set[str]:
        with ledger.app.system_scope() as scope:
            return {*scope.pictures.by_address(["alice@example.com", OTHER.title(), "waits@example.org", "eve@example.com"])}

    assert pictured() == {"alice@example.com", OTHER}
    with ledger.scope_of(alice, writes=True) as scope:
        scope.addresses.remove(alice, number)
    assert pictured() == {"alice@example.com"}


def test_deeds_are_written_down(ledger: Ledger, server: MailServer, alice: Member) -> None:
    number = confirmed(ledger, server, alice)
    with ledger.scope_of(alice, writes=True) as scope:
        scope.addresses.make_primary(alice, number)
    (back,) = own(ledger, alice).further
    with ledger.scope_of(alice, writes=True) as scope:
        scope.addresses.remove(alice, back.id)

    with ledger.app.system_scope() as scope:
        told = [(entry.action, entry.actor_name) for entry in scope.audit.latest(limit=3)]
    assert told == [("user.email-remove", "alice"), ("user.email-primary", "alice"), ("user.email-add", "alice")]
