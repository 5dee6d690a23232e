"""Who comes from elsewhere is held to what holds for everybody: second factors, lists of addresses, the record of failures."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from kallithea.lib.errors import Forbidden, Invalid, NotFound, Unauthenticated, Unavailable
from kallithea.model import AuditEntry, Mail, MailedLink, User, UserEmail
from kallithea.services.actors import Credentials, Member, NamePassword, Origin
from kallithea.services.factor_rules import Demand
from tests.mail_server import deliver, mail_server, sends_mail
from tests.services.conftest import PASSWORD, Ledger
from tests.services.test_allowed_addresses import ELSEWHERE, HERE, allow
from tests.services.test_second_factors import demand, with_app
from tests.sign_in.plugin import Book
from tests.sign_in.test_people_of_elsewhere import SECRET, _enter, _open_book, sign_in, user  # noqa: F401 - a fixture


def as_client(ledger: Ledger, name: str, password: str = SECRET, *, address: str = HERE) -> object:
    """Who a client of hg or git is that shows this."""
    with ledger.app.scope(Credentials(NamePassword(name, password), Origin(address))) as scope:
        return scope.actor


def linked(ledger: Ledger, book: Book, member: Member) -> Member:
    """An account from here that somebody of the book opens, too."""
    _enter(book, member.name)
    with ledger.app.system_scope() as scope:
        scope.external_accounts.link("book", f"id-{member.name}", scope.accounts.get(member.id))
    return member


def failures(ledger: Ledger) -> list[str]:
    with ledger.app.session() as session:
        return [*session.scalars(select(AuditEntry.target_name).where(AuditEntry.action == "session.fail"))]


# --- names and addresses


@pytest.mark.parametrize(
    ("said", "kept"), [("Erna Müller", "Erna Müller"), ("  Erna   M. ", "Erna M."), ("", ""), ("\x07", "")]
)
def test_the_full_name_is_stored(ledger: Ledger, open_book: Book, said: str, kept: str) -> None:
    _enter(open_book, "erna", full_name=said)

    assert user(ledger, sign_in(ledger, "erna").id).display_name == kept


@pytest.mark.parametrize("said", ["", "\u202eanre", "\x00", "root@example.com", "\u0415rna", "x" * 101])
def test_a_full_name_that_cannot_be_one_changes_nothing(ledger: Ledger, open_book: Book, said: str) -> None:
    _enter(open_book, "erna", full_name="Erna Müller")
    sign_in(ledger, "erna")
    _enter(open_book, "erna", password="new word", full_name=said)

    assert user(ledger, sign_in(ledger, "erna", "new word").id).display_name == "Erna Müller"


def test_account_takeover_by_a_further_address_is_refused(ledger: Ledger, open_book: Book) -> None:
    alice = ledger.user("alice")
    _has_further_address(ledger, alice, "a.adams@example.com")
    _enter(open_book, "mallory", email="A.Adams@example.com")

    mallory = sign_in(ledger, "mallory")

    assert user(ledger, mallory.id).email == "mallory@book.invalid"
    assert sign_in(ledger, "a.adams@example.com", PASSWORD).id == alice.id


def test_an_own_further_address_becomes_the_primary_one(ledger: Ledger, open_book: Book) -> None:
    _enter(open_book, "erna", email="erna@example.com")
    erna = sign_in(ledger, "erna")
    _has_further_address(ledger, erna, "erna@example.org")
    _enter(open_book, "erna", password="new word", email="erna@example.org")
    sign_in(ledger, "erna", "new word")

    assert user(ledger, erna.id).email == "erna@example.org"
    with ledger.app.session() as session:
        assert session.scalars(select(UserEmail)).all() == []


def _has_further_address(ledger: Ledger, member: Member, email: str) -> None:
    with ledger.app.session() as session, session.begin():
        session.add(UserEmail(user_id=member.id, email=email, email_key=email.casefold(), confirmed_at=ledger.clock()))


# --- from where


@pytest.mark.parametrize("subject", ["", "erna"])
def test_password_of_a_source_opens_nothing_from_elsewhere(ledger: Ledger, open_book: Book, subject: str) -> None:
    _enter(open_book, "erna")
    erna = sign_in(ledger, "erna", address=ELSEWHERE)
    allow(ledger, "192.0.2.0/24", user=subject)

    for password in (SECRET, "wrong"):
        with pytest.raises(Unauthenticated, match="Wrong user name or password"):
            sign_in(ledger, "erna", password, address=ELSEWHERE)
        with pytest.raises(Unauthenticated, match="Wrong user name or password"):
            as_client(ledger, "erna", password, address=ELSEWHERE)
    assert sign_in(ledger, "erna", address=HERE).id == erna.id
    assert failures(ledger) == ["erna"] * 4


def test_a_right_password_from_elsewhere_takes_as_long_as_a_wrong_one(ledger: Ledger, open_book: Book) -> None:
    ledger.user("alice")
    allow(ledger, "192.0.2.0/24", user="alice")

    asked = []
    for password in (PASSWORD, "a wrong guess"):
        with pytest.raises(Unauthenticated):
            sign_in(ledger, "alice", password, address=ELSEWHERE)
        asked.append(open_book.asked)
    assert asked == [1, 2]


# --- hg and git


def test_client_with_the_password_of_a_source_is_somebody(ledger: Ledger, open_book: Book) -> None:
    _enter(open_book, "erna")

    actor = as_client(ledger, "erna")

    assert isinstance(actor, Member)
    assert actor.name == "erna"


def test_password_of_a_source_alone_opens_no_account_with_a_second_factor(ledger: Ledger, open_book: Book) -> None:
    alice = linked(ledger, open_book, with_app(ledger, "alice"))

    for password in (SECRET, PASSWORD):
        with pytest.raises(Forbidden, match="password alone does not open"):
            as_client(ledger, "alice", password)
        assert sign_in(ledger, "alice", password).id == alice.id  # the form asks for the second step next


def test_password_of_a_source_alone_is_not_enough_where_a_factor_is_wanted(ledger: Ledger, open_book: Book) -> None:
    _enter(open_book, "erna")
    demand(ledger, Demand.EVERYBODY)

    with pytest.raises(Forbidden, match="password alone does not open"):
        as_client(ledger, "erna")


# --- failures


def test_failures_are_written_down(ledger: Ledger, open_book: Book) -> None:
    _enter(open_book, "erna")
    sign_in(ledger, "erna")
    ledger.user("root_user")
    _enter(open_book, "root_user")

    with pytest.raises(Unauthenticated):
        sign_in(ledger, "erna", "a wrong guess")
    with pytest.raises(Forbidden):
        sign_in(ledger, "root_user")
    open_book.is_away = True
    with pytest.raises(Unavailable):
        sign_in(ledger, "nobody", "a wrong guess")

    assert failures(ledger) == ["erna", "root_user", "an unknown name"]


# --- no password here


def test_the_password_of_an_account_of_elsewhere_is_not_changed_here(ledger: Ledger, open_book: Book) -> None:
    _enter(open_book, "erna")
    erna = sign_in(ledger, "erna")

    for current in ("", SECRET):
        with pytest.raises(Invalid, match="no password here"), ledger.app.system_scope() as scope:
            scope.accounts.change_password(erna, current=current, new="a much better horse")
    assert user(ledger, erna.id).password_hash == ""


def test_reset_by_mail_is_refused_with_a_sentence(ledger: Ledger, open_book: Book) -> None:
    _enter(open_book, "erna", email="erna@example.com")
    erna = sign_in(ledger, "erna")
    with mail_server() as server, sends_mail(ledger.app, server.port):
        _ask_for_a_reset(ledger, "erna@example.com")
        deliver(ledger.app)
        mail = server.only()

    assert mail.recipients == ["erna@example.com"]
    with ledger.app.session() as session:
        assert session.scalars(select(Mail.kind)).all() == ["password-elsewhere"]
        assert session.scalars(select(MailedLink)).all() == []
    assert user(ledger, erna.id).password_hash == ""


def test_no_mail_goes_to_an_address_that_was_made_up(ledger: Ledger, open_book: Book) -> None:
    _enter(open_book, "erna")
    sign_in(ledger, "erna")
    with mail_server() as server, sends_mail(ledger.app, server.port):
        _ask_for_a_reset(ledger, "erna@book.invalid")
        deliver(ledger.app)

    with ledger.app.session() as session:
        assert session.scalars(select(Mail)).all() == []


def test_link_of_before_gives_no_password_to_an_account_of_elsewhere(ledger: Ledger, open_book: Book) -> None:
    alice = ledger.user("alice")
    with mail_server() as server, sends_mail(ledger.app, server.port):
        _ask_for_a_reset(ledger, "alice@example.com")
        deliver(ledger.app)
        token = server.only().token
    with ledger.app.session() as session, session.begin():
        session.get_one(User, alice.id).password_hash = ""

    with pytest.raises(NotFound, match="link is over"), ledger.scope_of(None, writes=True) as scope:
        scope.recovery.reset(token, "a much better horse", network=HERE)


def _ask_for_a_reset(ledger: Ledger, email: str) -> None:
    with ledger.scope_of(None, writes=True) as scope:
        scope.recovery.ask(email, network=HERE)
