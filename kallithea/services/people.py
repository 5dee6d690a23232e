"""What administrators do with accounts: find, change, disable and delete them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from sqlalchemy import Select, delete, or_, select, update
from sqlalchemy.orm import Session

from kallithea.lib.errors import Conflict
from kallithea.lib.names import email_address, user_name
from kallithea.lib.passwords import Passwords, checked_new_password
from kallithea.lib.time_zones import time_zone
from kallithea.model import Following, Repository, User, UserEmail, UserPicture
from kallithea.services.accounts import Accounts, address_taken, name_taken
from kallithea.services.actors import Actor, Member
from kallithea.services.audit import Audit, Target, Value
from kallithea.services.belongings import Belongings
from kallithea.services.keysets import Slice, Start, counted, slice_of
from kallithea.services.pictures import Pictures

MOST_WORDS = 8


class WhichPeople(Enum):
    """Which accounts a list shows."""

    ALL = ""
    ADMINISTRATORS = "administrators"
    DISABLED = "disabled"


@dataclass(frozen=True, slots=True)
class PeopleFilter:
    """Words that must occur in the name or the address, and which accounts."""

    text: str = ""
    which: WhichPeople = WhichPeople.ALL


@dataclass(frozen=True, slots=True)
class PersonLine:
    """An account in a list."""

    id: int
    name: str
    email: str
    is_active: bool
    is_administrator: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class AccountFacts:
    """What an administrator says about an account."""

    name: str
    email: str
    is_administrator: bool
    is_active: bool
    time_zone: str | None = None
    """None leaves it as it is."""


class People:
    """The verbs of administrators on accounts. The last active administrator stays one, whatever is asked for."""

    def __init__(
        self,
        session: Session,
        *,
        actor: Actor,
        audit: Audit,
        accounts: Accounts,
        passwords: Passwords,
        pictures: Pictures,
        belongings: Belongings,
    ) -> None:
        self._session = session
        self._actor = actor
        self._audit = audit
        self._accounts = accounts
        self._passwords = passwords
        self._pictures = pictures
        self._belongings = belongings

    def page(self, wanted: PeopleFilter, start: Start[str], *, size: int) -> Slice[PersonLine]:
        """A page of accounts in the order of their case-folded names."""
        columns: Any = select(User.id, User.name, User.email, User.is_active, User.is_administrator, User.created_at)
        found = slice_of(self._session, _filtered(columns, wanted), User.name_key, start, size=size)
        return Slice([PersonLine(*row) for row in found.rows], found.has_previous, found.has_next)

    def count(self, wanted: PeopleFilter) -> int:
        """How many accounts there are; counting stops behind `keysets.COUNTED_AT_MOST`."""
        return counted(self._session, _filtered(select(User.id), wanted))

    def sessions(self, user: User) -> int:
        """In how many browsers somebody is signed in."""
        return self._accounts.count_sessions(user.id)

    def change(self, user: User, facts: AccountFacts) -> None:
        """Have an account say this. Who is disabled is signed out everywhere.

        Raises Invalid, or Conflict for a taken name or address and for the last active administrator.
        """
        name, email = user_name(facts.name), email_address(facts.email)
        zone = user.time_zone if facts.time_zone is None else time_zone(facts.time_zone)
        self._check_free(user, name, email)
        if not (facts.is_administrator and facts.is_active):
            self._keep_an_administrator(user)
        if (email, facts.is_active) != (user.email, user.is_active):
            self._tell_pictures(user)
        if not facts.is_active:
            self._end_sessions(user)
        before = _facts(user)
        user.name, user.name_key = name, name.casefold()
        # What was a further address of theirs is the primary one now: an address is in one place only.
        self._session.execute(delete(UserEmail).where(UserEmail.email_key == email.casefold(), UserEmail.user_id == user.id))
        user.email, user.email_key = email, email.casefold()
        user.is_administrator, user.is_active, user.time_zone = facts.is_administrator, facts.is_active, zone
        self._session.flush()
        self._audit.record_change("user.change", _target(user), before=before, after=_facts(user))

    def set_active(self, user: User, active: bool) -> None:
        """Disable or enable an account. Raises Conflict for the last active administrator."""
        self.change(user, AccountFacts(user.name, user.email, user.is_administrator, active))

    def set_password(self, user: User, new: str) -> None:
        """Give somebody a new password and sign them out everywhere, but not who does it here. Raises Invalid."""
        user.password_hash = self._passwords.hash(
            checked_new_password(new, field="new_password", about=(user.name, user.email))
        )
        self._end_sessions(user)
        self._audit.record("user.password", _target(user))

    def delete(self, user: User) -> None:
        """Delete an account that owns nothing, with its grants and memberships. What it pushed keeps its name.

        Raises Conflict for who owns something, for the last active administrator, and for who acts.
        """
        if isinstance(self._actor, Member) and self._actor.id == user.id:
            raise Conflict("Nobody deletes the own account.", hint="Ask another administrator.")
        self._keep_an_administrator(user)
        if self._belongings.counts(user):
            raise Conflict(f"{user.name} still owns something.", hint="Give everything to somebody else first.")
        self._tell_pictures(user)
        followed = select(Following.repository_id).where(Following.user_id == user.id)
        values = {"relations": Repository.relations + 1}
        # By value: synchronising would need all repositories in memory.
        self._session.execute(
            update(Repository).where(Repository.id.in_(followed)).values(values),
            execution_options={"synchronize_session": False},
        )
        self._audit.record("user.delete", _target(user), before=_facts(user))
        self._session.delete(user)
        self._session.flush()

    def _check_free(self, user: User, name: str, email: str) -> None:
        taken = select(User.name_key).where(
            User.id != user.id, or_(User.name_key == name.casefold(), User.email_key == email.casefold())
        )
        for key in self._session.scalars(taken):
            if key == name.casefold():
                raise name_taken(name)
            raise address_taken(email)
        key = email.casefold()
        owner = self._session.scalar(select(UserEmail.user_id).where(UserEmail.email_key == key))
        if owner not in (None, user.id):
            raise address_taken(email)

    def _keep_an_administrator(self, user: User) -> None:
        """Raises Conflict if the site had no active administrator without this one."""
        if not (user.is_administrator and user.is_active):
            return
        # Locked, as of two who demote each other at the same moment one has to lose.
        able = select(User.id).where(User.is_administrator, User.is_active).order_by(User.id).with_for_update()
        if set(self._session.scalars(able)) <= {user.id}:
            reason = f"{user.name} is the last active administrator."
            raise Conflict(reason, fields={"admin": reason}, hint="Make somebody else an administrator first.")

    def _tell_pictures(self, user: User) -> None:
        """Have pages made anew that show the picture of somebody who changes."""
        if self._session.scalar(select(UserPicture.id).where(UserPicture.user_id == user.id)) is not None:
            self._pictures.changed()

    def _end_sessions(self, user: User) -> None:
        actor = self._actor
        here = actor.session_id if isinstance(actor, Member) and actor.id == user.id else None
        self._accounts.end_sessions(user.id, but=here)


def _target(user: User) -> Target:
    return Target("user", user.id, user.name)


def _facts(user: User) -> dict[str, Value]:
    """What the audit log says of an account."""
    return {
        "name": user.name,
        "email": user.email,
        "is_administrator": user.is_administrator,
        "is_active": user.is_active,
        "time_zone": user.time_zone,
    }


def _filtered(statement: Select[Any], wanted: PeopleFilter) -> Select[Any]:
    for word in wanted.text.casefold().split()[:MOST_WORDS]:
        statement = statement.where(
            or_(User.name_key.contains(word, autoescape=True), User.email_key.contains(word, autoescape=True))
        )
    if wanted.which is WhichPeople.ADMINISTRATORS:
        return statement.where(User.is_administrator)
    if wanted.which is WhichPeople.DISABLED:
        return statement.where(~User.is_active)
    return statement
