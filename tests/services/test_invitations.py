"""Invitations make one account each, with what was promised, for as long as who invited may promise it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from kallithea.lib.access import Access
from kallithea.lib.errors import Conflict, Invalid, NotFound, TooManyAttempts, Unavailable
from kallithea.model import Invitation, User, UserGroup
from kallithea.services.actors import Member
from kallithea.services.invitations import GOOD_FOR, NewInvitation, NewMember, OpenInvitation
from tests.mail_server import SITE, MailServer, deliver, mail_server, sends_mail
from tests.services.conftest import PASSWORD, FakeClock, Ledger

HERE = "192.0.2.1"
BOB = NewMember("bob", PASSWORD, "Bob B.")


@pytest.fixture(name="server")
def _server(ledger: Ledger) -> Iterator[MailServer]:
    with mail_server() as server, sends_mail(ledger.app, server.port):
        yield server


def invite(ledger: Ledger, by: Member, new: NewInvitation = NewInvitation("bob@example.com")) -> OpenInvitation:
    with ledger.scope_of(by, writes=True) as scope:
        return scope.invitations.invite(by, new, lambda token: f"{SITE}/?token={token}")


def accept(ledger: Ledger, token: str, new: NewMember = BOB) -> User:
    with ledger.scope_of(None, writes=True) as scope:
        return scope.invitations.accept(token, new, network=HERE)


def invited(ledger: Ledger, server: MailServer, by: Member, new: NewInvitation = NewInvitation("bob@example.com")) -> str:
    invite(ledger, by, new)
    deliver(ledger.app)
    mail = server.only()
    assert mail.recipients == [new.email]
    return mail.token


def still_open(ledger: Ledger) -> list[OpenInvitation]:
    with ledger.app.system_scope() as scope:
        return [*scope.invitations.open()]


def test_who_accepts_has_an_account_with_the_invited_address(ledger: Ledger, server: MailServer, admin: Member) -> None:
    user = accept(ledger, invited(ledger, server, admin))

    assert (user.name, user.email, user.display_name, user.is_administrator) == ("bob", "bob@example.com", "Bob B.", False)
    assert still_open(ledger) == []


@pytest.mark.parametrize("path", ["shop", "web"])
@pytest.mark.parametrize("access", [Access.READ, Access.WRITE, Access.ADMIN])
def test_who_accepts_gets_what_was_promised(
    ledger: Ledger, server: MailServer, admin: Member, access: Access, path: str
) -> None:
    ledger.repository("shop", admin, private=True)
    ledger.repository("web/first", admin)
    with ledger.app.session() as session:
        group = UserGroup(name="Team", name_key="team", owner_id=admin.id, created_at=ledger.clock())
        session.add(group)
        session.commit()
    user = accept(ledger, invited(ledger, server, admin, NewInvitation("bob@example.com", "team", f"/{path}/", access.word)))

    with ledger.app.system_scope() as scope:
        member = scope.accounts.member(user.id)
    assert member is not None
    assert member.groups == frozenset({group.id})
    with ledger.scope_of(member) as scope:
        assert scope.access.decide(scope.access.at(path)).access is access


def test_link_works_once(ledger: Ledger, server: MailServer, admin: Member) -> None:
    token = invited(ledger, server, admin)
    accept(ledger, token)

    with pytest.raises(NotFound):
        accept(ledger, token, NewMember("carol", PASSWORD))


def test_link_works_for_seven_days(ledger: Ledger, server: MailServer, admin: Member, clock: FakeClock) -> None:
    token = invited(ledger, server, admin)
    clock.advance(seconds=GOOD_FOR.total_seconds())

    with pytest.raises(NotFound):
        accept(ledger, token)
    assert still_open(ledger) == []


@pytest.mark.parametrize("change", [{"is_active": False}, {"is_administrator": False}])
def test_invitation_ends_with_the_rights_of_who_invited(
    ledger: Ledger, server: MailServer, admin: Member, change: dict[str, bool]
) -> None:
    token = invited(ledger, server, admin)
    with ledger.app.system_scope() as scope:
        for name, value in change.items():
            setattr(scope.accounts.get(admin.id), name, value)

    with pytest.raises(NotFound):
        accept(ledger, token)


def test_withdrawn_invitation_works_no_more(ledger: Ledger, server: MailServer, admin: Member) -> None:
    token = invited(ledger, server, admin)
    with ledger.scope_of(admin, writes=True) as scope:
        scope.invitations.withdraw(still_open(ledger)[0].id)

    with pytest.raises(NotFound):
        accept(ledger, token)


def test_inviting_again_replaces_the_link(ledger: Ledger, server: MailServer, admin: Member) -> None:
    older, newer = invited(ledger, server, admin), invited(ledger, server, admin)

    with pytest.raises(NotFound):
        accept(ledger, older)
    accept(ledger, newer)


@pytest.mark.parametrize("token", ["", "x", "A" * 43, "\x00", "é" * 10_000], ids=lambda token: ascii(token)[:20])
def test_forged_link_opens_nothing(ledger: Ledger, server: MailServer, admin: Member, token: str) -> None:
    invited(ledger, server, admin)
    with pytest.raises(NotFound):
        accept(ledger, token)


def test_hash_in_the_database_is_no_link(ledger: Ledger, server: MailServer, admin: Member) -> None:
    invited(ledger, server, admin)
    with ledger.app.session() as session:
        kept = session.scalars(select(Invitation.token_hash)).one()

    with pytest.raises(NotFound):
        accept(ledger, kept)
    assert len(still_open(ledger)) == 1


def test_bad_choices_leave_the_invitation(ledger: Ledger, server: MailServer, admin: Member) -> None:
    token = invited(ledger, server, admin)
    for bad in (NewMember("bob", "short"), NewMember("b\u043eb", PASSWORD), NewMember("bob", PASSWORD, "B\u043eb")):
        with pytest.raises(Invalid):
            accept(ledger, token, bad)
    with pytest.raises(Conflict):
        accept(ledger, token, NewMember(admin.name.upper(), PASSWORD))

    accept(ledger, token)


def test_who_accepts_cannot_choose_another_address_or_more_rights(ledger: Ledger, server: MailServer, admin: Member) -> None:
    """Name, password and shown name are all that the form can say."""
    assert set(NewMember.__dataclass_fields__) == {"name", "password", "display_name"}


def test_known_addresses_are_not_invited(ledger: Ledger, server: MailServer, admin: Member) -> None:
    ledger.user("bob")
    with pytest.raises(Conflict):
        invite(ledger, admin, NewInvitation("BOB@example.com"))


@pytest.mark.parametrize(
    "bad",
    [
        NewInvitation("no address"),
        NewInvitation("bob@example.com\nBcc: x@example.com"),
        NewInvitation("bob@example.com", "no-such-group"),
        NewInvitation("bob@example.com", "", "no/such/place"),
        NewInvitation("bob@example.com", "", "shop", "owner"),
        NewInvitation("bob@example.com", "", "shop", "none"),
    ],
    ids=str,
)
def test_invitations_to_nowhere_are_refused(ledger: Ledger, server: MailServer, admin: Member, bad: NewInvitation) -> None:
    ledger.repository("shop", admin)
    with pytest.raises(Invalid):
        invite(ledger, admin, bad)
    assert still_open(ledger) == []


def test_promise_of_a_deleted_repository_is_forgotten(ledger: Ledger, server: MailServer, admin: Member) -> None:
    ledger.repository("shop", admin)
    token = invited(ledger, server, admin, NewInvitation("bob@example.com", "", "shop", "write"))
    with ledger.app.system_scope() as scope:
        scope.repositories.delete(scope.access.administer_repository(scope.access.at("shop")))
    ledger.repository("shop", admin, private=True)

    bob = accept(ledger, token)

    with ledger.app.system_scope() as scope:
        member = scope.accounts.member(bob.id)
    assert member is not None
    with ledger.scope_of(member) as scope:
        assert scope.access.decide(scope.access.at("shop")).access is Access.NONE


def test_guessing_links_is_slowed_down(ledger: Ledger, server: MailServer) -> None:
    for attempt in range(60):
        with pytest.raises(NotFound):
            accept(ledger, f"guess {attempt}")
    with pytest.raises(TooManyAttempts):
        accept(ledger, "one more")


def test_without_mail_nobody_is_invited(ledger: Ledger, admin: Member) -> None:
    with pytest.raises(Unavailable):
        invite(ledger, admin)
    assert still_open(ledger) == []


def test_deeds_are_written_down_without_the_link(ledger: Ledger, server: MailServer, admin: Member) -> None:
    token = invited(ledger, server, admin)
    accept(ledger, token)

    with ledger.app.system_scope() as scope:
        entries = scope.audit.latest(limit=3)
    assert {entry.action for entry in entries} == {"invitation.accept", "user.create", "invitation.create"}
    assert not any(token in f"{entry.before}{entry.after}{entry.target_name}" for entry in entries)
