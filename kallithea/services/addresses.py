"""The e-mail addresses of people: one primary, further ones that they confirmed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from kallithea.lib.clock import Clock
from kallithea.lib.errors import Conflict, Invalid, NotFound
from kallithea.lib.names import email_address
from kallithea.lib.tokens import new_token, token_hash
from kallithea.model import CONFIRM_ADDRESS, MailedLink, User, UserEmail
from kallithea.services import letters
from kallithea.services.actors import Member
from kallithea.services.asking import Asked, AskingThrottle
from kallithea.services.audit import Audit, Target
from kallithea.services.mails import Mails
from kallithea.services.pictures import Pictures

MOST = 20
"""Addresses of one account, those that wait to be confirmed included."""
GOOD_FOR = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class OwnAddress:
    """One address of an account; `id` is of the address, or of the link that confirms it."""

    id: int
    email: str
    since: datetime


@dataclass(frozen=True, slots=True)
class OwnAddresses:
    """All addresses of an account."""

    primary: str
    further: Sequence[OwnAddress]
    waiting: Sequence[OwnAddress]


class Addresses:
    """Looks after the addresses of the member who acts. None is anybody's before its owner confirmed it by mail."""

    def __init__(
        self,
        session: Session,
        *,
        audit: Audit,
        throttle: AskingThrottle,
        mails: Mails,
        pictures: Pictures,
        clock: Clock,
    ) -> None:
        self._session = session
        self._audit = audit
        self._throttle = throttle
        self._mails = mails
        self._pictures = pictures
        self._clock = clock

    def all(self, member: Member) -> OwnAddresses:
        """The member's addresses, the primary one first."""
        further = select(UserEmail).where(UserEmail.user_id == member.id).order_by(UserEmail.email_key)
        waiting = select(MailedLink).where(*self._waiting_of(member)).order_by(MailedLink.id)
        return OwnAddresses(
            self._user(member).email,
            [OwnAddress(row.id, row.email, row.confirmed_at) for row in self._session.scalars(further)],
            [OwnAddress(row.id, row.email, row.created_at) for row in self._session.scalars(waiting)],
        )

    def add(self, member: Member, email: str, link_to: Callable[[str], str], *, network: str) -> None:
        """Send a link to a new address; it is the member's when they open it. Raises Invalid, Conflict, TooManyAttempts.

        Says nothing of addresses that others have: only who can read mail there learns of that, on confirming.
        """
        address = email_address(email)
        self._throttle.take(Asked.CONFIRM, network=network, who=f"member {member.id}")
        own = self.all(member)
        known = {own.primary.casefold(), *(one.email.casefold() for one in own.further)}
        if address.casefold() in known:
            raise Invalid("This address is yours already.", fields={"new_email": "This address is yours already."})
        if len(own.further) + len(own.waiting) >= MOST:
            raise Conflict(f"An account has at most {MOST} addresses.", hint="Remove one first.")
        for one in own.waiting:
            if one.email.casefold() == address.casefold():
                self.forget_link(member, one.id)
        token, now = new_token(), self._clock()
        self._session.add(
            MailedLink(
                purpose=CONFIRM_ADDRESS,
                token_hash=token_hash(token),
                user_id=member.id,
                email=address,
                created_at=now,
                expires_at=now + GOOD_FOR,
            )
        )
        letter = letters.address_added(member.name, address, link_to(token))
        self._mails.send(letter, address, useful_for=GOOD_FOR)

    def asked_for(self, member: Member, token: str) -> str:
        """The address that this link of the member's confirms. Raises NotFound, also for links of others."""
        return self._link(member, token).email

    def confirm(self, member: Member, token: str) -> str:
        """The address is the member's from now on. Raises NotFound, Conflict where it belongs to another account."""
        link = self._link(member, token)
        key = link.email.casefold()
        self._session.delete(link)
        if self._belongs_to_somebody(key):
            raise Conflict("This address belongs to an account already.", hint="Remove it there first.")
        self._session.add(
            UserEmail(user_id=member.id, email=link.email, email_key=key, confirmed_at=self._clock()),
        )
        self._session.flush()
        self._audit.record("user.email-add", _target(member), after={"email": link.email})
        self._pictures.changed()
        return link.email

    def make_primary(self, member: Member, address_id: int) -> str:
        """Have mail about the account go to another confirmed address; the old one stays a further one. Raises NotFound.

        Both get to know of it, so that whoever took over a browser cannot do it in silence.
        """
        row, user = self._own(member, address_id), self._user(member)
        old, new = (user.email, user.email_key), (row.email, row.email_key)
        # The row goes first: an address is in one place only.
        self._session.delete(row)
        self._session.flush()
        user.email, user.email_key = new
        self._session.add(UserEmail(user_id=user.id, email=old[0], email_key=old[1], confirmed_at=self._clock()))
        self._session.flush()
        self._audit.record("user.email-primary", _target(member), before={"email": old[0]}, after={"email": new[0]})
        if self._mails.is_set_up:
            letter = letters.address_is_primary(user.name, old[0], new[0], when=self._mails.now_for(user.time_zone))
            for address in (old[0], new[0]):
                self._mails.send(letter, address)
        return new[0]

    def remove(self, member: Member, address_id: int) -> str:
        """Give a further address up. Raises NotFound, also for addresses of others and for the primary one."""
        row = self._own(member, address_id)
        self._session.delete(row)
        self._audit.record("user.email-remove", _target(member), before={"email": row.email})
        self._pictures.changed()
        return row.email

    def forget_link(self, member: Member, link_id: int) -> str:
        """Give up an address that waits to be confirmed. Raises NotFound, also for those of others."""
        row = self._session.scalar(select(MailedLink).where(*self._waiting_of(member), MailedLink.id == link_id))
        if row is None:
            raise NotFound("There is no such address.")
        self._session.delete(row)
        return row.email

    def forget_expired_links(self) -> int:
        """Delete links of every purpose that are over; how many."""
        rows = self._session.scalars(select(MailedLink).where(MailedLink.expires_at <= self._clock())).all()
        for row in rows:
            self._session.delete(row)
        return len(rows)

    def _belongs_to_somebody(self, key: str) -> bool:
        primary = select(User.id).where(User.email_key == key)
        further = select(UserEmail.id).where(UserEmail.email_key == key)
        return self._session.scalar(primary) is not None or self._session.scalar(further) is not None

    def _waiting_of(self, member: Member) -> tuple[ColumnElement[bool], ...]:
        mine = MailedLink.user_id == member.id
        return mine, MailedLink.purpose == CONFIRM_ADDRESS, MailedLink.expires_at > self._clock()

    def _link(self, member: Member, token: str) -> MailedLink:
        row = self._session.scalar(
            select(MailedLink).where(*self._waiting_of(member), MailedLink.token_hash == token_hash(token))
        )
        if row is None:
            raise NotFound("This link is over, or was used already.", hint="Add the address once more.")
        return row

    def _own(self, member: Member, address_id: int) -> UserEmail:
        row = self._session.get(UserEmail, address_id)
        if row is None or row.user_id != member.id:
            raise NotFound("There is no such address.")
        return row

    def _user(self, member: Member) -> User:
        return self._session.get_one(User, member.id)


def _target(member: Member) -> Target:
    return Target("user", member.id, member.name)
