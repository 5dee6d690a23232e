"""New passwords for people who forgot theirs, by a link to the address of the account."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sqlalchemy import CursorResult, delete, select
from sqlalchemy.orm import Session

from kallithea.lib.clock import Clock
from kallithea.lib.errors import NotFound, Unavailable
from kallithea.lib.names import email_address, is_nobodys
from kallithea.lib.passwords import Passwords, checked_new_password
from kallithea.lib.tokens import new_token, token_hash
from kallithea.model import RESET_PASSWORD, MailedLink, User, UserEmail, UserSession
from kallithea.services import letters
from kallithea.services.asking import Asked, AskingThrottle
from kallithea.services.audit import Audit, Target
from kallithea.services.jobs import Jobs
from kallithea.services.mails import Mails

ANSWER = "answer-resets"
"""The job that looks whose address it was."""
GOOD_FOR = timedelta(hours=1)

LinkTo = Callable[[str], str]
"""The whole address for a token."""


class Recovery:
    """Lets people choose a new password without the old one.

    Who asks learns nothing: every address is written down alike, and only a job, later, looks whether it is anybody's. So the
    answer is the same for known and unknown addresses, and takes the same time, by construction.
    """

    def __init__(
        self,
        session: Session,
        *,
        audit: Audit,
        passwords: Passwords,
        throttle: AskingThrottle,
        mails: Mails,
        jobs: Jobs,
        clock: Clock,
    ) -> None:
        self._session = session
        self._audit = audit
        self._passwords = passwords
        self._throttle = throttle
        self._mails = mails
        self._jobs = jobs
        self._clock = clock

    @property
    def is_offered(self) -> bool:
        """Whether this server can send the link."""
        return self._mails.is_set_up

    def ask(self, email: str, *, network: str) -> None:
        """Somebody wants a new password for the account with this address. Raises Invalid, TooManyAttempts, Unavailable."""
        typed = email_address(email)
        if not self._mails.is_set_up:
            raise Unavailable("This server sends no mail.", hint="Ask an administrator for a new password.")
        self._throttle.take(Asked.RESET, network=network, who=typed)
        self._session.add(self._link(typed, new_token(), None))
        self._jobs.ask(ANSWER)

    def answer(self, link_to: LinkTo) -> int:
        """Send links to the accounts among the addresses that were asked for; how many mails. Disabled accounts get none, and
        those without a password here are told why they get no link.

        A link goes to the primary address as it is stored, never to what was typed: that may only look like it.
        """
        waiting = (MailedLink.purpose == RESET_PASSWORD) & MailedLink.user_id.is_(None)
        sent = 0
        for row in self._session.scalars(select(MailedLink).where(waiting).order_by(MailedLink.id)).all():
            is_over = row.expires_at <= self._clock()
            user = self._of_address(row.email)
            self._session.delete(row)
            if user is not None and not is_over and not is_nobodys(user.email):
                self._send(user, link_to)
                sent += 1
        return sent

    def whose(self, token: str) -> str:
        """The user name of the account that this link is for. Raises NotFound, alike for wrong, used and old links."""
        return self._find(token)[1].name

    def reset(self, token: str, new_password: str, *, network: str) -> User:
        """Choose a new password, sign out everywhere, and use the link up. Raises Invalid, NotFound, TooManyAttempts."""
        self._throttle.take(Asked.LINK, network=network)
        row, user = self._find(token)
        chosen = checked_new_password(new_password, about=(user.name, user.email))
        used = self._session.execute(delete(MailedLink).where(MailedLink.id == row.id))
        if _count(used) != 1:
            raise _over()  # somebody else had it at the same moment
        self._forget_links(user)
        user.password_hash = self._passwords.hash(chosen)
        self._session.execute(delete(UserSession).where(UserSession.user_id == user.id))
        self._audit.record("user.password-reset", Target("user", user.id, user.name))
        if self._mails.is_set_up:
            self._mails.send(letters.password_was_reset(user.name, when=self._mails.now_for(user.time_zone)), user.email)
        return user

    def _send(self, user: User, link_to: LinkTo) -> None:
        if not user.password_hash:
            self._mails.send(letters.no_password_here(user.name), user.email, useful_for=GOOD_FOR)
            return
        self._forget_links(user)
        token = new_token()
        self._session.add(self._link(user.email, token, user.id))
        self._mails.send(letters.password_reset(user.name, link_to(token)), user.email, useful_for=GOOD_FOR)

    def _forget_links(self, user: User) -> None:
        mine = (MailedLink.purpose == RESET_PASSWORD) & (MailedLink.user_id == user.id)
        self._session.execute(delete(MailedLink).where(mine))

    def _find(self, token: str) -> tuple[MailedLink, User]:
        statement = (
            select(MailedLink, User)
            .join(User, User.id == MailedLink.user_id)
            .where(
                MailedLink.token_hash == token_hash(token),
                MailedLink.purpose == RESET_PASSWORD,
                MailedLink.expires_at > self._clock(),
                User.is_active,
                User.password_hash != "",
            )
        )
        found = self._session.execute(statement).first()
        if found is None:
            raise _over()
        return found[0], found[1]

    def _of_address(self, typed: str) -> User | None:
        key = typed.casefold()
        further = select(UserEmail.user_id).where(UserEmail.email_key == key)
        whose = (User.email_key == key) | User.id.in_(further)
        return self._session.scalar(select(User).where(whose, User.is_active))

    def _link(self, email: str, token: str, user_id: int | None) -> MailedLink:
        now = self._clock()
        return MailedLink(
            purpose=RESET_PASSWORD,
            token_hash=token_hash(token),
            user_id=user_id,
            email=email,
            created_at=now,
            expires_at=now + GOOD_FOR,
        )


def _over() -> NotFound:
    return NotFound("This link is over, or was used already.", hint="Ask for another one.")


def _count(result: Any) -> int:
    assert isinstance(result, CursorResult)
    return int(result.rowcount)
