"""Accounts of people whom a source of sign-ins vouches for: made, found again, and kept as the source tells."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from kallithea.lib.clock import Clock
from kallithea.lib.errors import Forbidden, Invalid
from kallithea.lib.names import NOBODYS_DOMAIN, display_name, email_address, user_name
from kallithea.lib.sign_in.sources import CREATE, LONGEST_SUBJECT, REFUSE, VerifiedPerson
from kallithea.model import ExternalIdentity, SynchronisedGroup, User, UserEmail, UserGroup, UserGroupMember, UserPicture
from kallithea.services.audit import Audit, Target, Value
from kallithea.services.pictures import Pictures

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Arrival:
    """Whether the account that a person of a source opens is enabled, and whether it was made just now."""

    is_active: bool
    is_new: bool


class ExternalAccounts:
    """The link between accounts and sources is a row that names source and subject. Nothing else opens an account: not a name
    and not an address, which a source may let people choose."""

    def __init__(self, session: Session, *, audit: Audit, clock: Clock) -> None:
        self._session = session
        self._audit = audit
        self._clock = clock

    def arrived(self, source: str, person: VerifiedPerson, *, new_people: str) -> Arrival:
        """The account of somebody who just signed in: made if that is what becomes of new people, its address, its full name
        and its user groups brought up to date. Raises Forbidden with the reason."""
        if not 0 < len(person.subject) <= LONGEST_SUBJECT:
            raise Forbidden("The identifier that was given for you cannot be kept.")
        link = self._link(source, person.subject)
        is_new = link is None
        if link is None:
            link = self._new(source, person, new_people)
        user = self._session.get_one(User, link.user_id)
        link.signed_in_at = self._clock()
        self._refresh(user, person)
        if person.groups is not None:
            self._synchronise(user, source, person.groups)
        return Arrival(user.is_active, is_new)

    def link(self, source: str, subject: str, user: User) -> ExternalIdentity:
        """Have a person of a source open an account. Raises Invalid where that person opens one already."""
        subject = subject.strip()
        if not 0 < len(subject) <= LONGEST_SUBJECT or not subject.isprintable():
            reason = f"An identifier has 1 to {LONGEST_SUBJECT} characters."
            raise Invalid(reason, fields={"subject": reason})
        if self._link(source, subject) is not None:
            reason = "This person opens an account already."
            raise Invalid(reason, fields={"subject": reason})
        row = ExternalIdentity(source=source, subject=subject, user_id=user.id, created_at=self._clock())
        self._session.add(row)
        self._session.flush()
        self._audit.record("user.link", Target("user", user.id, user.name), after={"source": source, "subject": subject})
        return row

    def unlink(self, source: str, user: User) -> None:
        """Have nobody of a source open an account any more. Raises Invalid where nobody does."""
        of_user = (ExternalIdentity.source == source, ExternalIdentity.user_id == user.id)
        subjects = [*self._session.scalars(select(ExternalIdentity.subject).where(*of_user))]
        if not subjects:
            reason = f"The account {user.name} is not linked."
            raise Invalid(reason, fields={"unlinked": reason})
        self._session.execute(delete(ExternalIdentity).where(*of_user))
        before = {"source": source, "subject": subjects}
        self._audit.record("user.unlink", Target("user", user.id, user.name), before=before)

    def count(self, source: str, *, limit: int) -> int:
        """How many people of a source open an account, counted up to a limit."""
        some = select(ExternalIdentity.id).where(ExternalIdentity.source == source).limit(limit).subquery()
        return self._session.scalar(select(func.count()).select_from(some)) or 0

    def sources_of(self, user_id: int) -> Sequence[str]:
        """The sources whose people open an account."""
        statement = select(ExternalIdentity.source).where(ExternalIdentity.user_id == user_id).distinct()
        return self._session.scalars(statement.order_by(ExternalIdentity.source)).all()

    def _link(self, source: str, subject: str) -> ExternalIdentity | None:
        return self._session.scalar(
            select(ExternalIdentity).where(ExternalIdentity.source == source, ExternalIdentity.subject == subject)
        )

    def _new(self, source: str, person: VerifiedPerson, new_people: str) -> ExternalIdentity:
        if new_people == REFUSE:
            raise Forbidden("You have no account here.", hint="Ask an administrator of this server for one.")
        try:
            name = user_name(person.name)
        except Invalid as error:
            log.info("%s vouches for %r, whose name %r cannot be one here", source, person.subject, person.name)
            raise Forbidden(
                "Your name cannot be the name of an account here.", hint=f"{error.message} Ask an administrator."
            ) from error
        if self._session.scalar(select(User.id).where(User.name_key == name.casefold())) is not None:
            # It may be somebody else's: whoever may choose a name at the source must not get the account with it.
            log.info("%s vouches for %r as %r, and there is another account of that name", source, person.subject, name)
            raise Forbidden(
                f"There is an account {name} here already, and nothing says that it is yours.",
                hint="Ask an administrator to link it to this way of signing in.",
            )
        address = f"{name}@{source}.{NOBODYS_DOMAIN}"
        user = User(
            name=name,
            name_key=name.casefold(),
            email=address,
            email_key=address.casefold(),
            password_hash="",
            is_active=new_people == CREATE,
            created_at=self._clock(),
        )
        self._session.add(user)
        self._session.flush()
        made: dict[str, Value] = {"source": source, "is_active": user.is_active}
        self._audit.record("user.create", Target("user", user.id, user.name), after=made)
        return self.link(source, person.subject, user)

    def _refresh(self, user: User, person: VerifiedPerson) -> None:
        """Take over the address and the full name, where they can be an address and a name here."""
        before = _said_of(user)
        self._take_name(user, person.full_name)
        self._take_address(user, person.email)
        self._audit.record_change("user.follow", Target("user", user.id, user.name), before=before, after=_said_of(user))

    def _take_name(self, user: User, full_name: str) -> None:
        """A source that tells no name, or one that nobody may have here, leaves the one that is there."""
        try:
            user.display_name = display_name(full_name) or user.display_name
        except Invalid as error:
            log.info("The full name of the account %s stays, as it cannot be the new one: %s", user.name, error.message)

    def _take_address(self, user: User, typed: str) -> None:
        """An address of somebody else, primary or further, stays theirs."""
        try:
            address = email_address(typed)
        except Invalid:
            return
        key = address.casefold()
        if user.email_key != key:
            if self._is_of_somebody_else(key, user):
                log.info("The address of the account %s stays, as another account has the new one.", user.name)
                return
            # What was a further address of theirs is the primary one now: an address is in one place only.
            self._session.execute(delete(UserEmail).where(UserEmail.email_key == key))
            self._tell_pictures(user)
        user.email, user.email_key = address, key

    def _is_of_somebody_else(self, key: str, user: User) -> bool:
        primary = select(User.id).where(User.email_key == key, User.id != user.id)
        further = select(UserEmail.id).where(UserEmail.email_key == key, UserEmail.user_id != user.id)
        return self._session.scalar(primary) is not None or self._session.scalar(further) is not None

    def _tell_pictures(self, user: User) -> None:
        """Have pages made anew that show the picture of somebody whose address changes."""
        if self._session.scalar(select(UserPicture.id).where(UserPicture.user_id == user.id)) is not None:
            Pictures(self._session).changed()

    def _synchronise(self, user: User, source: str, groups: frozenset[str]) -> None:
        """Put the account into those user groups that follow one of the groups, and out of those that follow others."""
        held = {name.casefold() for name in groups}
        wanted = self._followed(source)
        if not wanted:
            return
        mine = select(UserGroupMember.user_group_id).where(
            UserGroupMember.user_id == user.id, UserGroupMember.user_group_id.in_(wanted)
        )
        inside = set(self._session.scalars(mine))
        belongs = {group for group, names in wanted.items() if not held.isdisjoint(names)}
        if inside == belongs:
            return
        self._session.add_all(UserGroupMember(user_group_id=group, user_id=user.id) for group in sorted(belongs - inside))
        gone = UserGroupMember.user_group_id.in_(inside - belongs)
        self._session.execute(delete(UserGroupMember).where(UserGroupMember.user_id == user.id, gone))
        before, after = self._names(inside), self._names(belongs)
        self._audit.record(
            "user.follow", Target("user", user.id, user.name), before={"user groups": before}, after={"user groups": after}
        )

    def _names(self, groups: set[int]) -> list[str]:
        return [*self._session.scalars(select(UserGroup.name).where(UserGroup.id.in_(groups)).order_by(UserGroup.name))]

    def _followed(self, source: str) -> Mapping[int, Sequence[str]]:
        """The names at a source, case folded, that user groups follow, by user group."""
        rows = self._session.execute(
            select(SynchronisedGroup.user_group_id, SynchronisedGroup.external_name).where(SynchronisedGroup.source == source)
        )
        found: dict[int, list[str]] = {}
        for row in rows:
            found.setdefault(row.user_group_id, []).append(row.external_name.casefold())
        return found


def _said_of(user: User) -> dict[str, Value]:
    """What a source says of somebody and is taken over."""
    return {"email": user.email, "display_name": user.display_name}
