"""Accounts and the sessions in which people are signed in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import CursorResult, and_, delete, func, select, update
from sqlalchemy.orm import Session

from kallithea.lib.clock import Clock
from kallithea.lib.errors import Conflict, Invalid, NotFound
from kallithea.lib.names import display_name, email_address, user_name
from kallithea.lib.passwords import Passwords, checked_new_password
from kallithea.lib.time_zones import time_zone
from kallithea.lib.tokens import new_token, token_hash
from kallithea.model import User, UserEmail, UserGroup, UserGroupMember, UserSession
from kallithea.services.actors import Member, Origin
from kallithea.services.audit import Audit, Target, Value

SIGNED_IN_FOR = timedelta(hours=12)
"""How long a session lasts that the browser forgets when it is closed."""
CHANGED_ELSEWHERE = "This account has no password here: you sign in with what you have elsewhere, and change it there."

ACTIVE = (
    select(User.id, User.name, User.is_administrator, UserGroup.id.label("group_id"))
    .outerjoin(UserGroupMember, UserGroupMember.user_id == User.id)
    .outerjoin(UserGroup, and_(UserGroup.id == UserGroupMember.user_group_id, UserGroup.active))
    .where(User.is_active)
)
"""The accounts that are active, a row for each of their user groups: what `members_of` reads."""


@dataclass(frozen=True, slots=True)
class NewAccount:
    """What it takes to make an account."""

    name: str
    email: str
    password: str
    is_administrator: bool = False


class Accounts:
    """Makes accounts, signs people in and out."""

    def __init__(self, session: Session, *, audit: Audit, passwords: Passwords, clock: Clock, remember_for: timedelta) -> None:
        self._session = session
        self._audit = audit
        self._passwords = passwords
        self._clock = clock
        self._remember_for = remember_for

    def create(self, new: NewAccount) -> User:
        """Make an account. Raises Invalid, or Conflict where name or address are taken."""
        name, email = user_name(new.name), email_address(new.email)
        password = checked_new_password(new.password, about=(name, email))
        self._check_is_free(name, email)
        return self._add(name, email, self._passwords.hash(password), is_administrator=new.is_administrator)

    def create_with_hash(self, name: str, email: str, password_hash: str, *, display_name: str = "") -> User:
        """Make an account of somebody who chose the password before. Raises Conflict where name or address are taken."""
        self._check_is_free(name, email)
        return self._add(name, email, password_hash, display_name=display_name)

    def _check_is_free(self, name: str, email: str) -> None:
        if self._by_key(User.name_key, name):
            raise name_taken(name)
        if self._by_key(User.email_key, email) or self._has_further_address(email):
            raise address_taken(email)

    def _add(
        self, name: str, email: str, password_hash: str, *, display_name: str = "", is_administrator: bool = False
    ) -> User:
        user = User(
            name=name,
            name_key=name.casefold(),
            email=email,
            email_key=email.casefold(),
            display_name=display_name,
            password_hash=password_hash,
            is_administrator=is_administrator,
            created_at=self._clock(),
        )
        self._session.add(user)
        self._session.flush()
        made: dict[str, Value] = {"email": email, "is_administrator": is_administrator}
        self._audit.record("user.create", Target("user", user.id, user.name), after=made)
        return user

    def get(self, user_id: int) -> User:
        """The account with this id. Raises NotFound."""
        user = self._session.get(User, user_id)
        if user is None:
            raise NotFound("There is no such account.")
        return user

    def by_name(self, name: str) -> User:
        """The account of this name. Raises NotFound."""
        user = self._by_key(User.name_key, name)
        if user is None:
            raise NotFound(f"There is no user {name}.")
        return user

    def member(self, user_id: int) -> Member | None:
        """An account as the one that acts; None if it is gone or disabled."""
        return self.members([user_id]).get(user_id)

    def members(self, user_ids: Sequence[int]) -> dict[int, Member]:
        """Those of the accounts that are active, as they would act, with their user groups, in one statement."""
        return members_of(self._session.execute(ACTIVE.where(User.id.in_(user_ids))).all())

    def names(self, user_ids: Sequence[int]) -> dict[int, str]:
        """The names of some accounts by id."""
        rows = self._session.execute(select(User.id, User.name).where(User.id.in_(user_ids)))
        return {row.id: row.name for row in rows}

    def shown_names(self, names: Sequence[str]) -> dict[str, str]:
        """What these people are called on pages, by user name, where they said so."""
        if not names:
            return {}
        rows = self._session.execute(select(User.name, User.display_name).where(User.name.in_(names), User.display_name != ""))
        return {row.name: row.display_name for row in rows}

    def first_administrator(self) -> User:
        """The oldest active administrator, who owns what nobody else does. Raises NotFound."""
        user = self._session.scalar(select(User).where(User.is_administrator, User.is_active).order_by(User.id).limit(1))
        if user is None:
            raise NotFound("There is no active administrator.", hint="Make one with 'kallithea-cli user-create NAME --admin'.")
        return user

    def start_session(
        self, member: Member, origin: Origin, *, remember: bool, source: str | None = None
    ) -> tuple[str, datetime | None]:
        """Sign in: the token for the cookie, and until when the browser shall keep it (None: until it is closed).

        `source` is the one that sent the browser to another site, where it did.
        """
        now = self._clock()
        self._session.execute(delete(UserSession).where(UserSession.expires_at <= now))
        token = new_token()
        expires = now + (self._remember_for if remember else SIGNED_IN_FOR)
        self._session.add(
            UserSession(
                token_hash=token_hash(token),
                user_id=member.id,
                created_at=now,
                used_at=now,
                proved_at=now,
                expires_at=expires,
                address=origin.address[:64],
                client=origin.client[:255],
                source=source,
            )
        )
        self._audit.record("session.start", Target("user", member.id, member.name), actor=member)
        return token, expires if remember else None

    def forget_expired_sessions(self) -> int:
        """Delete the sessions that nobody can use any more; how many."""
        result = self._session.execute(delete(UserSession).where(UserSession.expires_at <= self._clock()))
        assert isinstance(result, CursorResult)
        return result.rowcount

    def sessions(self, member: Member) -> Sequence[UserSession]:
        """Where the member is signed in, the last used first."""
        statement = (
            select(UserSession)
            .where(UserSession.user_id == member.id, UserSession.expires_at > self._clock())
            .order_by(UserSession.used_at.desc())
        )
        return self._session.scalars(statement).all()

    def end_session(self, member: Member, session_id: int) -> None:
        """Sign one of the member's own sessions out. Raises NotFound for others."""
        row = self._session.get(UserSession, session_id)
        if row is None or row.user_id != member.id:
            raise NotFound("There is no such session.")
        self._session.delete(row)
        self._audit.record("session.end", Target("user", member.id, member.name), after={"address": row.address})

    def source_of_session(self, member: Member) -> str | None:
        """The source of sign-ins that sent the member's browser to another site, if one did."""
        return self._session.scalar(select(UserSession.source).where(UserSession.id == member.session_id))

    def end_other_sessions(self, member: Member) -> None:
        """Sign the member out everywhere but here."""
        self.end_sessions(member.id, but=member.session_id)
        self._audit.record("session.end_others", Target("user", member.id, member.name))

    def end_sessions(self, user_id: int, *, but: int | None = None) -> None:
        """Sign somebody out everywhere, or everywhere but in one session."""
        self._session.execute(delete(UserSession).where(UserSession.user_id == user_id, UserSession.id != (but or 0)))

    def end_all_sessions(self, member: Member) -> None:
        """Sign the member out everywhere, here too."""
        self.end_sessions(member.id)
        self._audit.record("session.end_all", Target("user", member.id, member.name))

    def proved(self, member: Member) -> None:
        """Note that the member has just shown a password or passkey again in this session."""
        self._note_proved(member, self._clock())

    def credentials_changed(self, member: Member) -> None:
        """After a change of what the member proves who they are with: end all other sessions, and have this one asked again."""
        self.end_sessions(member.id, but=member.session_id)
        self._note_proved(member, None)

    def count_sessions(self, user_id: int) -> int:
        """In how many browsers somebody is signed in."""
        statement = select(func.count()).select_from(UserSession)
        valid = statement.where(UserSession.user_id == user_id, UserSession.expires_at > self._clock())
        return int(self._session.scalar(valid) or 0)

    def change_profile(self, member: Member, *, shown_name: str, zone: str) -> None:
        """Change what the member is called on pages, and in which time zone they read. Raises Invalid."""
        user = self.get(member.id)
        before = _profile(user)
        name, chosen = display_name(shown_name), time_zone(zone)
        user.display_name, user.time_zone = name, chosen
        self._audit.record_change("user.profile", Target("user", user.id, user.name), before=before, after=_profile(user))

    def _note_proved(self, member: Member, when: datetime | None) -> None:
        self._session.execute(update(UserSession).where(UserSession.id == (member.session_id or 0)).values(proved_at=when))

    def change_password(self, member: Member, *, current: str, new: str) -> None:
        """Change the own password and sign out all other sessions. Raises Invalid."""
        user = self.get(member.id)
        if not user.password_hash:
            raise Invalid(CHANGED_ELSEWHERE, fields={"current_password": CHANGED_ELSEWHERE})
        if not self._passwords.verify(user.id, user.password_hash, current):
            reason = "This is not your current password."
            raise Invalid(reason, fields={"current_password": reason})
        user.password_hash = self._passwords.hash(
            checked_new_password(new, field="new_password", about=(user.name, user.email))
        )
        self.credentials_changed(member)
        self._audit.record("user.password", Target("user", user.id, user.name))

    def _has_further_address(self, email: str) -> bool:
        return self._session.scalar(select(UserEmail.id).where(UserEmail.email_key == email.casefold())) is not None

    def _by_key(self, column: object, text: str) -> User | None:
        return self._session.scalar(select(User).where(column == text.strip().casefold()))  # type: ignore[arg-type] # a mapped column


def _profile(user: User) -> dict[str, Value]:
    return {"display_name": user.display_name, "time_zone": user.time_zone}


def name_taken(name: str) -> Conflict:
    """What is said where somebody else has the name."""
    reason = f"There is a user {name} already."
    return Conflict(reason, fields={"username": reason}, hint="Choose another name.")


def address_taken(email: str) -> Conflict:
    """What is said where somebody else has the e-mail address."""
    reason = f"There is a user with the address {email} already."
    return Conflict(reason, fields={"email": reason})


def members_of(rows: Sequence[Any]) -> dict[int, Member]:
    """The accounts in rows of `ACTIVE`, by their numbers."""
    groups: dict[int, set[int]] = {}
    for row in rows:
        groups.setdefault(row.id, set()).update([] if row.group_id is None else [row.group_id])
    return {row.id: Member(row.id, row.name, row.is_administrator, frozenset(groups[row.id])) for row in rows}
