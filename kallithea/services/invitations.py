"""Invitations: a link to one address, with which somebody makes their own account."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import CursorResult, delete, or_, select
from sqlalchemy.orm import Session

from kallithea.lib.access import Access
from kallithea.lib.clock import Clock
from kallithea.lib.errors import Conflict, Invalid, NotFound
from kallithea.lib.names import display_name, email_address, user_name
from kallithea.lib.passwords import Passwords, checked_new_password
from kallithea.lib.tokens import new_token, token_hash
from kallithea.model import Invitation, Namespace, User, UserEmail, UserGroup, UserGroupMember
from kallithea.services import letters
from kallithea.services.access.control import AccessControl
from kallithea.services.accounts import Accounts
from kallithea.services.actors import Member
from kallithea.services.asking import Asked, AskingThrottle
from kallithea.services.audit import Audit, Target
from kallithea.services.granting import Granting
from kallithea.services.mails import Mails

GOOD_FOR = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class NewInvitation:
    """Whom to invite, and what they get with the account: membership of a user group, access to a repository or group."""

    email: str
    user_group: str = ""
    path: str = ""
    access: str = Access.READ.word


@dataclass(frozen=True, slots=True)
class OpenInvitation:
    """An invitation that nobody accepted yet, as administrators see it."""

    id: int
    email: str
    invited_by: str
    user_group: str | None
    path: str | None
    access: Access
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class NewMember:
    """What who accepts fills in."""

    name: str
    password: str
    display_name: str = ""


class Invitations:
    """Invites people and makes accounts of those who accept."""

    def __init__(
        self,
        session: Session,
        *,
        audit: Audit,
        access: AccessControl,
        granting: Granting,
        accounts: Accounts,
        passwords: Passwords,
        throttle: AskingThrottle,
        mails: Mails,
        clock: Clock,
    ) -> None:
        """`access` and `granting` are those of the system: who accepts may give nothing themselves."""
        self._session = session
        self._audit = audit
        self._access = access
        self._granting = granting
        self._accounts = accounts
        self._passwords = passwords
        self._throttle = throttle
        self._mails = mails
        self._clock = clock

    def invite(self, by: Member, new: NewInvitation, link_to: Callable[[str], str]) -> OpenInvitation:
        """Send the link; one that this address has already works no more. Raises Invalid, Conflict, Unavailable."""
        email = email_address(new.email)
        if self._is_known(email.casefold()):
            raise Conflict(f"There is an account with the address {email} already.")
        row = Invitation(
            token_hash=token_hash(token := new_token()),
            email=email,
            email_key=email.casefold(),
            invited_by_id=by.id,
            user_group_id=self._user_group_id(new.user_group),
            namespace_id=self._namespace_id(new.path),
            access=int(_access(new.access)) if new.path.strip("/ ") else 0,
            created_at=self._clock(),
            expires_at=self._clock() + GOOD_FOR,
        )
        self._session.execute(delete(Invitation).where(Invitation.email_key == row.email_key))
        self._session.add(row)
        self._session.flush()
        self._mails.send(letters.invitation(by.name, link_to(token)), email, useful_for=GOOD_FOR)
        made = next(one for one in self.open() if one.id == row.id)
        offer = {"user_group": made.user_group, "path": made.path, "access": made.access.word}
        self._audit.record("invitation.create", Target("invitation", made.id, made.email), after=offer)
        return made

    def open(self) -> Sequence[OpenInvitation]:
        """Invitations that can be accepted, the newest first."""
        statement = (
            select(Invitation, User.name, UserGroup.name, Namespace.path)
            .join(User, User.id == Invitation.invited_by_id)
            .outerjoin(UserGroup, UserGroup.id == Invitation.user_group_id)
            .outerjoin(Namespace, Namespace.id == Invitation.namespace_id)
            .where(Invitation.expires_at > self._clock())
            .order_by(Invitation.id.desc())
        )
        return [
            OpenInvitation(row.id, row.email, by, group, path, Access(row.access), row.created_at, row.expires_at)
            for row, by, group, path in self._session.execute(statement)
        ]

    def withdraw(self, invitation_id: int) -> str:
        """Let a link work no more; whose it was. Raises NotFound."""
        row = self._session.get(Invitation, invitation_id)
        if row is None:
            raise NotFound("There is no such invitation.", hint="It may have been accepted.")
        self._session.delete(row)
        self._audit.record("invitation.withdraw", Target("invitation", row.id, row.email))
        return row.email

    def address_of(self, token: str) -> str:
        """Whom this link invites. Raises NotFound, alike for wrong, used, old and withdrawn links."""
        return self._by_token(token).email

    def accept(self, token: str, new: NewMember, *, network: str) -> User:
        """Make the account, with what it was promised. Raises NotFound, Invalid, Conflict, TooManyAttempts."""
        self._throttle.take(Asked.LINK, network=network)
        row = self._by_token(token)
        name, shown = user_name(new.name), display_name(new.display_name)
        password_hash = self._passwords.hash(checked_new_password(new.password, about=(name, row.email, shown)))
        user = self._accounts.create_with_hash(name, row.email, password_hash, display_name=shown)
        if row.user_group_id is not None:
            self._session.add(UserGroupMember(user_group_id=row.user_group_id, user_id=user.id))
        self._give(row, user)
        self._audit.record("invitation.accept", Target("user", user.id, user.name), after={"invitation": row.id})
        self._session.delete(row)
        self._session.flush()
        return user

    def forget_expired(self) -> int:
        """Delete invitations that nobody accepted in time; how many."""
        result = self._session.execute(delete(Invitation).where(Invitation.expires_at <= self._clock()))
        assert isinstance(result, CursorResult)
        return result.rowcount

    def _give(self, row: Invitation, user: User) -> None:
        path = self._session.scalar(select(Namespace.path).where(Namespace.id == row.namespace_id))
        located = self._access.at(path) if path else None
        if located is None or not row.access:
            return
        is_repository = located.repository is not None
        grant = self._access.administer_repository(located) if is_repository else self._access.administer_group(located)
        self._granting.give(grant, f"user:{user.name}", Access(row.access))

    def _by_token(self, token: str) -> Invitation:
        # It holds for as long as who invited may still do that.
        may_invite = (User.id == Invitation.invited_by_id) & User.is_active & User.is_administrator
        alive = Invitation.expires_at > self._clock()
        statement = select(Invitation).join(User, may_invite).where(Invitation.token_hash == token_hash(token), alive)
        row = self._session.scalar(statement)
        if row is None:
            raise NotFound("This invitation is over, or was accepted already.", hint="Ask for another one.")
        return row

    def _is_known(self, key: str) -> bool:
        further = select(UserEmail.user_id).where(UserEmail.email_key == key)
        return self._session.scalar(select(User.id).where(or_(User.email_key == key, User.id.in_(further)))) is not None

    def _user_group_id(self, name: str) -> int | None:
        if not name.strip():
            return None
        found = self._session.scalar(select(UserGroup.id).where(UserGroup.name_key == name.strip().casefold()))
        if found is None:
            reason = f"There is no group of users {name.strip()}."
            raise Invalid(reason, fields={"user_group": reason})
        return found

    def _namespace_id(self, path: str) -> int | None:
        wanted = path.strip("/ ")
        if not wanted:
            return None
        located = self._access.at(wanted)
        if located is None:
            reason = f"There is no repository or group {wanted}."
            raise Invalid(reason, fields={"path": reason})
        return located.facts.namespace_id


def _access(word: str) -> Access:
    found = next((access for access in Access if access.word == word and access is not Access.NONE), None)
    if found is None:
        raise Invalid("The access is read, write or admin.", fields={"access": "Choose read, write or admin."})
    return found
