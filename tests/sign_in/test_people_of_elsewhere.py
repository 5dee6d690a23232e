"""Whom a source vouches for gets the account that is linked to them, and never another one."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from kallithea.lib.errors import Forbidden, Invalid, NotFound, TooManyAttempts, Unauthenticated, Unavailable
from kallithea.lib.sign_in.sources import VerifiedPerson
from kallithea.model import AuditEntry, ExternalIdentity, User, UserGroup, UserGroupMember
from kallithea.services.actors import Credentials, Member, Origin
from kallithea.services.throttle import FREE_FAILURES
from tests.services.conftest import PASSWORD, Ledger
from tests.sign_in.conftest import turn_off, turn_on
from tests.sign_in.plugin import Book

SECRET = "a word in the book"


def sign_in(ledger: Ledger, name: str, password: str = SECRET, *, address: str = "192.0.2.1") -> Member:
    with ledger.app.scope(Credentials(origin=Origin(address))) as scope:
        return scope.authentication.by_password(name, password, address=address)


def user(ledger: Ledger, user_id: int) -> User:
    with ledger.app.session() as session:
        return session.get_one(User, user_id)


@pytest.fixture(name="open_book")
def _open_book(ledger: Ledger, book: Book) -> Book:
    """The book is asked, and who is in it gets an account at once."""
    turn_on(ledger, "book", {"shelf": "3", "new_people": "create"})
    return book


def _enter(book: Book, name: str, password: str = SECRET, **more: object) -> VerifiedPerson:
    person = VerifiedPerson(**{"subject": f"id-{name}", "name": name, **more})  # type: ignore[arg-type] # a test's shorthand
    book.people[name, password] = person
    return person


# --- who gets which account


def test_a_new_person_gets_an_account_and_keeps_it(ledger: Ledger, open_book: Book) -> None:
    _enter(open_book, "erna", email="erna@example.com")

    first, second = sign_in(ledger, "erna"), sign_in(ledger, "erna")

    assert first == second
    assert user(ledger, first.id).email == "erna@example.com"


def test_a_new_person_waits_where_an_administrator_has_to_enable_accounts(ledger: Ledger, book: Book) -> None:
    turn_on(ledger, "book", {"shelf": "3"})
    _enter(book, "erna")

    with pytest.raises(Forbidden, match="waits for an administrator"):
        sign_in(ledger, "erna")
    with pytest.raises(Forbidden, match="not enabled"):
        sign_in(ledger, "erna")
    with ledger.app.session() as session, session.begin():
        session.scalars(select(User).where(User.name == "erna")).one().is_active = True
    assert sign_in(ledger, "erna").name == "erna"


def test_a_new_person_is_turned_away_where_none_are_taken(ledger: Ledger, book: Book) -> None:
    turn_on(ledger, "book", {"shelf": "3", "new_people": "refuse"})
    _enter(book, "erna")

    with pytest.raises(Forbidden, match="no account here"):
        sign_in(ledger, "erna")
    with ledger.app.session() as session:
        assert session.scalars(select(User.name)).all() == []


def test_account_takeover_by_a_name_is_refused(ledger: Ledger, open_book: Book) -> None:
    victim = ledger.user("root_user", administrator=True)
    _enter(open_book, "root_user")

    with pytest.raises(Forbidden, match="nothing says that it is yours"):
        sign_in(ledger, "root_user")
    assert sign_in(ledger, "root_user", PASSWORD).id == victim.id


def test_account_takeover_by_an_address_is_refused(ledger: Ledger, open_book: Book) -> None:
    victim = ledger.user("alice")
    _enter(open_book, "mallory", email="alice@example.com")

    mallory = sign_in(ledger, "mallory")

    assert mallory.id != victim.id
    assert user(ledger, victim.id).email == "alice@example.com"
    assert user(ledger, mallory.id).email == "mallory@book.invalid"


def test_account_takeover_by_a_name_that_changed_at_the_source_is_refused(ledger: Ledger, open_book: Book) -> None:
    _enter(open_book, "erna")
    erna = sign_in(ledger, "erna")
    open_book.people["erna", "another word"] = VerifiedPerson("id-of-somebody-else", "erna")

    with pytest.raises(Forbidden):
        sign_in(ledger, "erna", "another word")
    open_book.people["ella", SECRET] = VerifiedPerson("id-erna", "ella")
    assert sign_in(ledger, "ella").id == erna.id


@pytest.mark.parametrize("name", ["system", "er na", "ern\u0430", "-erna", "", "erna/x", "e" * 101])
def test_a_name_that_no_account_may_have_is_refused(ledger: Ledger, open_book: Book, name: str) -> None:
    open_book.people["erna", SECRET] = VerifiedPerson("id", name)

    with pytest.raises(Forbidden):
        sign_in(ledger, "erna")


def test_an_account_of_elsewhere_has_no_password_here(ledger: Ledger, open_book: Book) -> None:
    _enter(open_book, "erna")
    sign_in(ledger, "erna")
    turn_off(ledger, "book")

    for password in ("", SECRET, " "):
        with pytest.raises(Unauthenticated):
            sign_in(ledger, "erna", password)


def test_an_administrator_links_an_account_that_was_there_before(ledger: Ledger, open_book: Book) -> None:
    alice = ledger.user("alice")
    _enter(open_book, "alice")
    with ledger.app.system_scope() as scope:
        scope.external_accounts.link("book", "id-alice", scope.accounts.get(alice.id))

    assert sign_in(ledger, "alice").id == alice.id
    assert sign_in(ledger, "alice", PASSWORD).id == alice.id


def test_one_person_opens_one_account(ledger: Ledger, open_book: Book) -> None:
    alice, bob = ledger.user("alice"), ledger.user("bob")
    with ledger.app.system_scope() as scope:
        scope.external_accounts.link("book", "id", scope.accounts.get(alice.id))

    with pytest.raises(Invalid), ledger.app.system_scope() as scope:
        scope.external_accounts.link("book", "id", scope.accounts.get(bob.id))


def test_whom_a_source_knew_is_nobody_when_the_account_is_disabled_or_unlinked(ledger: Ledger, open_book: Book) -> None:
    _enter(open_book, "erna")
    erna = sign_in(ledger, "erna")
    with ledger.app.session() as session, session.begin():
        session.get_one(User, erna.id).is_active = False
    with pytest.raises(Forbidden):
        sign_in(ledger, "erna")

    with ledger.app.session() as session, session.begin():
        session.get_one(User, erna.id).is_active = True
        session.delete(session.scalars(select(ExternalIdentity)).one())
    with pytest.raises(Forbidden, match="nothing says that it is yours"):
        sign_in(ledger, "erna")


def test_a_link_goes_with_its_account(ledger: Ledger, open_book: Book) -> None:
    _enter(open_book, "erna")
    erna = sign_in(ledger, "erna")
    with ledger.app.session() as session, session.begin():
        session.delete(session.get_one(User, erna.id))

    with ledger.app.session() as session:
        assert session.scalars(select(ExternalIdentity)).all() == []


def test_what_happens_to_accounts_is_written_down(ledger: Ledger, open_book: Book) -> None:
    _enter(open_book, "erna", email="erna@example.com")
    sign_in(ledger, "erna")

    with ledger.app.session() as session:
        deeds = session.scalars(select(AuditEntry).where(AuditEntry.target_name == "erna").order_by(AuditEntry.id)).all()
    assert [deed.action for deed in deeds] == ["user.create", "user.link", "user.follow"]
    assert {deed.address for deed in deeds} == {"192.0.2.1"}


# --- what the source says of them


def test_the_address_follows_the_source(ledger: Ledger, open_book: Book) -> None:
    _enter(open_book, "erna", email="erna@example.com")
    erna = sign_in(ledger, "erna")
    _enter(open_book, "erna", password="new word", email="Erna@example.org")
    sign_in(ledger, "erna", "new word")

    assert user(ledger, erna.id).email == "Erna@example.org"


@pytest.mark.parametrize("address", ["", "no address", "a@b\r\nBcc: x@example.com", "x" * 300 + "@example.com"])
def test_what_is_no_address_changes_nothing(ledger: Ledger, open_book: Book, address: str) -> None:
    _enter(open_book, "erna", email="erna@example.com")
    erna = sign_in(ledger, "erna")
    _enter(open_book, "erna", password="new word", email=address)
    sign_in(ledger, "erna", "new word")

    assert user(ledger, erna.id).email == "erna@example.com"


# --- user groups


@pytest.fixture(name="groups")
def _groups(ledger: Ledger, admin: Member) -> dict[str, int]:
    """User groups: two that follow groups of the book, and one that does not."""
    with ledger.app.session() as session, session.begin():
        rows = [
            UserGroup(name=name, name_key=name, owner_id=admin.id, created_at=ledger.clock()) for name in ("dev", "ops", "own")
        ]
        session.add_all(rows)
        session.flush()
        numbers = {row.name: row.id for row in rows}
    with ledger.app.system_scope() as scope:
        scope.synchronised_groups.follow("book", "Developers", "dev")
        scope.synchronised_groups.follow("book", "Testers", "dev")
        scope.synchronised_groups.follow("book", "Operators", "OPS")
    return numbers


def _members(ledger: Ledger, group: int) -> set[int]:
    with ledger.app.session() as session:
        return set(session.scalars(select(UserGroupMember.user_id).where(UserGroupMember.user_group_id == group)))


def test_user_groups_follow_the_source_removal_included(ledger: Ledger, open_book: Book, groups: dict[str, int]) -> None:
    _enter(open_book, "erna", groups=frozenset({"developers", "others"}))
    erna = sign_in(ledger, "erna")
    assert erna.groups == {groups["dev"]}

    _enter(open_book, "erna", password="2", groups=frozenset({"TESTERS", "operators"}))
    assert sign_in(ledger, "erna", "2").groups == {groups["dev"], groups["ops"]}
    _enter(open_book, "erna", password="3", groups=frozenset({"operators"}))
    assert sign_in(ledger, "erna", "3").groups == {groups["ops"]}
    _enter(open_book, "erna", password="4", groups=frozenset())
    assert sign_in(ledger, "erna", "4").groups == frozenset()


def test_a_source_that_does_not_tell_groups_changes_none(ledger: Ledger, open_book: Book, groups: dict[str, int]) -> None:
    _enter(open_book, "erna", groups=frozenset({"developers"}))
    sign_in(ledger, "erna")
    _enter(open_book, "erna", password="2", groups=None)

    assert sign_in(ledger, "erna", "2").groups == {groups["dev"]}


def test_user_groups_that_follow_nothing_and_their_members_stay(
    ledger: Ledger, open_book: Book, groups: dict[str, int]
) -> None:
    alice = ledger.user("alice")
    _enter(open_book, "erna", groups=frozenset({"own", "dev"}))
    erna = sign_in(ledger, "erna")
    with ledger.app.session() as session, session.begin():
        session.add_all(UserGroupMember(user_group_id=groups[name], user_id=who) for name, who in
                        [("own", erna.id), ("dev", alice.id)])  # fmt: skip
    _enter(open_book, "erna", password="2", groups=frozenset())
    sign_in(ledger, "erna", "2")

    assert (_members(ledger, groups["own"]), _members(ledger, groups["dev"])) == ({erna.id}, {alice.id})


def test_a_mapping_of_another_source_is_not_to_be_removed(ledger: Ledger, open_book: Book, groups: dict[str, int]) -> None:
    with ledger.app.system_scope() as scope:
        number = scope.synchronised_groups.of("book")[0].id

    with pytest.raises(NotFound), ledger.app.system_scope() as scope:
        scope.synchronised_groups.leave("ldap", number)


# --- when a source is asked


def test_a_source_that_is_away_is_no_wrong_password(ledger: Ledger, open_book: Book) -> None:
    open_book.is_away = True

    with pytest.raises(Unavailable, match="cannot be read"):
        sign_in(ledger, "erna")


def test_a_source_that_is_away_keeps_nobody_out_who_has_a_password_here(ledger: Ledger, open_book: Book) -> None:
    alice = ledger.user("alice")
    open_book.is_away = True

    assert sign_in(ledger, "alice", PASSWORD).id == alice.id
    assert open_book.asked == 0


def test_a_source_that_is_away_tells_nobody_which_accounts_there_are(ledger: Ledger, open_book: Book) -> None:
    ledger.user("alice")
    open_book.is_away = True

    told = []
    for name in ("alice", "nobody"):
        with pytest.raises(Unavailable) as refused:
            sign_in(ledger, name, "a wrong guess")
        told.append(refused.value.message)
    assert told[0] == told[1]


def test_guessing_is_slowed_down_while_a_source_is_away(ledger: Ledger, open_book: Book) -> None:
    ledger.user("alice")
    open_book.is_away = True
    for _ in range(FREE_FAILURES["account"]):
        with pytest.raises(Unavailable):
            sign_in(ledger, "alice", "a wrong guess")

    with pytest.raises(TooManyAttempts):
        sign_in(ledger, "alice", "a wrong guess")


def test_guessing_at_a_source_is_slowed_down(ledger: Ledger, open_book: Book) -> None:
    _enter(open_book, "erna")
    for _ in range(FREE_FAILURES["account"]):
        with pytest.raises(Unauthenticated):
            sign_in(ledger, "erna", "a wrong guess")
    asked = open_book.asked

    with pytest.raises(TooManyAttempts):
        sign_in(ledger, "erna")
    assert open_book.asked == asked


def test_who_was_proved_lately_is_not_asked_about_again(ledger: Ledger, open_book: Book) -> None:
    _enter(open_book, "erna")

    for _ in range(3):
        sign_in(ledger, "erna")

    assert open_book.asked == 1


def test_a_wrong_password_is_asked_about_each_time(ledger: Ledger, open_book: Book) -> None:
    _enter(open_book, "erna")
    sign_in(ledger, "erna")
    for _ in range(2):
        with pytest.raises(Unauthenticated):
            sign_in(ledger, "erna", "wrong")

    assert open_book.asked == 3


def test_other_settings_forget_who_was_proved(ledger: Ledger, open_book: Book) -> None:
    _enter(open_book, "erna")
    sign_in(ledger, "erna")
    turn_on(ledger, "book", {"shelf": "4", "new_people": "create"})
    sign_in(ledger, "erna")

    assert open_book.asked == 2


def test_a_source_that_is_turned_off_opens_nothing(ledger: Ledger, open_book: Book) -> None:
    _enter(open_book, "erna")
    sign_in(ledger, "erna")
    turn_off(ledger, "book")

    with pytest.raises(Unauthenticated):
        sign_in(ledger, "erna")


def test_password_of_an_account_here_is_not_told_to_a_source(ledger: Ledger, open_book: Book) -> None:
    ledger.user("alice")
    sign_in(ledger, "alice", PASSWORD)

    assert open_book.asked == 0
