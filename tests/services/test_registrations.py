"""Registration is off until an administrator allows it; then nobody gets an account without a confirmed address or a yes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from kallithea.lib.errors import Conflict, Forbidden, Invalid, NotFound, TooManyAttempts, Unavailable
from kallithea.model import Setting, User
from kallithea.services.accounts import NewAccount
from kallithea.services.actors import Credentials, Member, NamePassword, Origin
from kallithea.services.registrations import GOOD_FOR, KEPT_FOR, NewRegistration, WaitingRegistration
from kallithea.services.site_settings import RegistrationMode
from tests.mail_server import SITE, MailServer, deliver, mail_server, sends_mail
from tests.services.conftest import PASSWORD, FakeClock, Ledger

HERE = "192.0.2.1"
SIGN_IN = f"{SITE}/_admin/login"
BOB = NewRegistration("bob", "bob@example.com", PASSWORD, "Bob B.")


@pytest.fixture(name="server")
def _server(ledger: Ledger) -> Iterator[MailServer]:
    with mail_server() as server, sends_mail(ledger.app, server.port):
        yield server


def allow(ledger: Ledger, mode: RegistrationMode) -> None:
    with ledger.app.system_scope() as scope:
        scope.registrations.choose_mode(mode)


def register(ledger: Ledger, new: NewRegistration = BOB, *, network: str = HERE) -> None:
    with ledger.scope_of(None, writes=True) as scope:
        scope.registrations.register(
            new, Origin(network), link_to=lambda token: f"{SITE}/?token={token}", sign_in=lambda: SIGN_IN
        )


def confirm(ledger: Ledger, token: str) -> User | None:
    with ledger.scope_of(None, writes=True) as scope:
        return scope.registrations.confirm(token, network=HERE, list_url=lambda: f"{SITE}/_admin/registrations")


def token_of(ledger: Ledger, server: MailServer) -> str:
    deliver(ledger.app)
    return server.only().token


def waiting(ledger: Ledger) -> list[WaitingRegistration]:
    with ledger.app.system_scope() as scope:
        return [*scope.registrations.waiting()]


def approve(ledger: Ledger, number: int) -> User:
    with ledger.app.system_scope() as scope:
        return scope.registrations.approve(number, sign_in=lambda: SIGN_IN)


def people(ledger: Ledger) -> list[str]:
    with ledger.app.session() as session:
        return [user.name for user in session.query(User).order_by(User.id)]


def test_nobody_may_register_in_a_new_instance(ledger: Ledger, server: MailServer) -> None:
    with pytest.raises(Forbidden):
        register(ledger)


def test_setting_that_this_release_does_not_know_means_off(ledger: Ledger, server: MailServer) -> None:
    with ledger.app.session() as session:
        session.add(Setting(name="registration", value="everybody!"))
        session.commit()
    with pytest.raises(Forbidden):
        register(ledger)


def test_open_registration_makes_an_account_when_the_address_is_confirmed(ledger: Ledger, server: MailServer) -> None:
    allow(ledger, RegistrationMode.OPEN)
    register(ledger)
    assert people(ledger) == []

    user = confirm(ledger, token_of(ledger, server))

    assert user is not None
    assert (user.name, user.email, user.display_name, user.is_administrator) == ("bob", "bob@example.com", "Bob B.", False)
    with ledger.app.scope(Credentials(NamePassword("bob", PASSWORD))) as scope:
        assert isinstance(scope.actor, Member)


def test_registration_by_approval_waits_for_an_administrator_who_gets_a_mail(
    ledger: Ledger, server: MailServer, admin: Member
) -> None:
    allow(ledger, RegistrationMode.APPROVAL)
    register(ledger)
    assert confirm(ledger, token_of(ledger, server)) is None
    (one,) = waiting(ledger)
    assert (one.name, one.email, one.address, one.is_confirmed) == ("bob", "bob@example.com", HERE, True)
    deliver(ledger.app)
    assert server.only().recipients == [f"{admin.name}@example.com"]

    approve(ledger, one.id)
    deliver(ledger.app)

    assert server.only().recipients == ["bob@example.com"]
    assert (people(ledger), waiting(ledger)) == ([admin.name, "bob"], [])


def test_registration_that_is_declined_is_forgotten(ledger: Ledger, server: MailServer) -> None:
    allow(ledger, RegistrationMode.APPROVAL)
    register(ledger)
    with ledger.app.system_scope() as scope:
        scope.registrations.decline(waiting(ledger)[0].id)

    with pytest.raises(NotFound):
        confirm(ledger, token_of(ledger, server))
    assert (people(ledger), waiting(ledger)) == ([], [])


def test_approval_works_without_mail_and_says_that_nothing_is_confirmed(ledger: Ledger) -> None:
    allow(ledger, RegistrationMode.APPROVAL)
    register(ledger)
    (one,) = waiting(ledger)
    assert not one.is_confirmed

    approve(ledger, one.id)

    assert people(ledger) == ["bob"]


def test_open_registration_needs_mail(ledger: Ledger) -> None:
    with pytest.raises(Invalid):
        allow(ledger, RegistrationMode.OPEN)
    with sends_mail(ledger.app, 9):
        allow(ledger, RegistrationMode.OPEN)

    with pytest.raises(Forbidden):
        register(ledger)


def test_registration_that_was_turned_off_meanwhile_is_not_confirmed(ledger: Ledger, server: MailServer) -> None:
    allow(ledger, RegistrationMode.OPEN)
    register(ledger)
    token = token_of(ledger, server)
    allow(ledger, RegistrationMode.OFF)

    with pytest.raises(Forbidden):
        confirm(ledger, token)
    assert people(ledger) == []


@pytest.mark.parametrize("mode", [RegistrationMode.OPEN, RegistrationMode.APPROVAL])
def test_link_works_once_and_for_three_days(
    ledger: Ledger, server: MailServer, clock: FakeClock, mode: RegistrationMode
) -> None:
    allow(ledger, mode)
    register(ledger)
    token = token_of(ledger, server)
    confirm(ledger, token)
    with pytest.raises(NotFound):
        confirm(ledger, token)

    register(ledger, NewRegistration("carol", "carol@example.com", PASSWORD))
    deliver(ledger.app)
    clock.advance(seconds=GOOD_FOR.total_seconds())
    with pytest.raises(NotFound):
        confirm(ledger, server.to("carol@example.com").token)


def test_address_that_has_an_account_gets_the_same_answer_and_its_owner_a_mail(ledger: Ledger, server: MailServer) -> None:
    ledger.user("alice")
    allow(ledger, RegistrationMode.OPEN)
    register(ledger, NewRegistration("bob", "ALICE@example.com", PASSWORD))
    deliver(ledger.app)
    mail = server.only()

    assert (mail.recipients, mail.message["Subject"]) == (["alice@example.com"], "You have an account already")
    assert "token" not in mail.text


def test_mail_to_an_owner_never_goes_to_a_look_alike_that_was_typed(ledger: Ledger, server: MailServer) -> None:
    ledger.user("fiona")
    allow(ledger, RegistrationMode.OPEN)
    register(ledger, NewRegistration("bob", "\ufb01ona@example.com", PASSWORD))
    deliver(ledger.app)

    assert server.only().recipients == ["fiona@example.com"]


def test_taken_name_is_refused_and_an_unconfirmed_one_is_free(ledger: Ledger, server: MailServer) -> None:
    ledger.user("alice")
    allow(ledger, RegistrationMode.OPEN)
    with pytest.raises(Invalid, match="taken"):
        register(ledger, NewRegistration("ALICE", "bob@example.com", PASSWORD))

    register(ledger)
    register(ledger, NewRegistration("bob", "other@example.com", PASSWORD))
    deliver(ledger.app)
    confirm(ledger, server.to("other@example.com").token)
    with pytest.raises(Conflict):
        confirm(ledger, server.to("bob@example.com").token)

    assert people(ledger) == ["alice", "bob"]


@pytest.mark.parametrize("name", ["\u0430dmin", "adm\u200bin", "\uff41dmin", "system", "a b", ""], ids=ascii)
def test_name_that_could_be_taken_for_another_is_refused(ledger: Ledger, server: MailServer, name: str) -> None:
    allow(ledger, RegistrationMode.OPEN)
    with pytest.raises(Invalid):
        register(ledger, NewRegistration(name, "bob@example.com", PASSWORD))


@pytest.mark.parametrize(
    "bad",
    [
        NewRegistration("bob", "bob@example.com", "short"),
        NewRegistration("bob", "bob@example.com", "bob@example.com"),
        NewRegistration("bob", "bob@example.com\nBcc: x@example.com", PASSWORD),
        NewRegistration("bob", "bob@example.com", PASSWORD, "Al\u0456ce"),
    ],
    ids=["short", "address as password", "header", "mixed alphabets"],
)
def test_bad_registrations_are_refused(ledger: Ledger, server: MailServer, bad: NewRegistration) -> None:
    allow(ledger, RegistrationMode.OPEN)
    with pytest.raises(Invalid):
        register(ledger, bad)
    assert waiting(ledger) == []


def test_registering_from_one_network_is_slowed_down(ledger: Ledger, server: MailServer) -> None:
    allow(ledger, RegistrationMode.APPROVAL)
    for number in range(10):
        register(ledger, NewRegistration(f"bob{number}", f"bob{number}@example.com", PASSWORD))

    with pytest.raises(TooManyAttempts):
        register(ledger)


def test_so_many_may_wait_and_no_more(ledger: Ledger, server: MailServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kallithea.services.registrations.MOST_WAITING", 2)
    allow(ledger, RegistrationMode.APPROVAL)
    for number in range(2):
        register(ledger, NewRegistration(f"bob{number}", f"bob{number}@example.com", PASSWORD))

    with pytest.raises(Unavailable):
        register(ledger)


def test_approving_what_was_taken_meanwhile_is_a_conflict(ledger: Ledger, server: MailServer) -> None:
    allow(ledger, RegistrationMode.APPROVAL)
    register(ledger)
    with ledger.app.system_scope() as scope:
        scope.accounts.create(NewAccount("bob", "another@example.com", PASSWORD))

    with pytest.raises(Conflict):
        approve(ledger, waiting(ledger)[0].id)
    with pytest.raises(NotFound):
        approve(ledger, 4711)


def test_old_registrations_are_forgotten(ledger: Ledger, server: MailServer, clock: FakeClock) -> None:
    allow(ledger, RegistrationMode.APPROVAL)
    register(ledger)
    confirm(ledger, token_of(ledger, server))
    register(ledger, NewRegistration("carol", "carol@example.com", PASSWORD))

    def forgotten() -> int:
        with ledger.app.system_scope() as scope:
            return scope.registrations.forget_expired()

    clock.advance(seconds=GOOD_FOR.total_seconds())
    assert (forgotten(), [one.name for one in waiting(ledger)]) == (1, ["bob"])
    clock.advance(seconds=KEPT_FOR.total_seconds())
    assert (forgotten(), waiting(ledger)) == (1, [])


def test_deeds_are_written_down(ledger: Ledger, server: MailServer) -> None:
    allow(ledger, RegistrationMode.APPROVAL)
    register(ledger)
    approve(ledger, waiting(ledger)[0].id)

    with ledger.app.system_scope() as scope:
        told = [entry.action for entry in scope.audit.latest()]
    assert told == ["registration.approve", "user.create", "setting.change"]
