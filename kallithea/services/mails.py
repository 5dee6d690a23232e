"""The outbox: mails are written in the transaction that causes them, and sent by a job after it."""

from __future__ import annotations

import enum
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import CursorResult, and_, delete, or_, select
from sqlalchemy.orm import Session

from kallithea.lib.clock import Clock
from kallithea.lib.errors import Conflict, Invalid, NotFound, Unavailable
from kallithea.lib.names import email_address
from kallithea.lib.time_zones import UTC, in_words, zone_of
from kallithea.model import Mail
from kallithea.services.audit import Audit, Target
from kallithea.services.jobs import Jobs
from kallithea.services.letters import Letter, Written

SEND = "send-mails"
"""The job that sends what waits."""
FIRST_PAUSE = timedelta(minutes=10)
LONGEST_PAUSE = timedelta(hours=4)
GIVEN_UP_AFTER = timedelta(days=5)
"""As mail servers do it: after that a mail is of no use to most people."""
AT_ONCE = 200
"""Mails that one job sends before it looks again."""
KEPT_SENT = timedelta(days=7)
KEPT_FAILED = timedelta(days=30)
LONGEST_SUBJECT = 200
LONGEST_ERROR = 1000
LISTED = 500


class MailState(enum.Enum):
    """How a mail is doing, in the word that administrators see."""

    WAITING = "waiting"
    FAILED = "failed"
    SENT = "sent"


@dataclass(frozen=True, slots=True)
class Mailing:
    """What it takes to write mails: the address of the site, as links in them have it, and what puts a letter on paper.

    The address comes from the settings alone: what a request says of the host that it wants is the visitor's word.
    """

    site: str
    write: Callable[[Letter], Written]
    time_zone: str = UTC
    """In which zone people read times who chose none."""


@dataclass(frozen=True, slots=True)
class MailFacts:
    """A mail as administrators see it: never its text, which may hold a link that opens an account."""

    id: int
    kind: str
    recipient: str
    subject: str
    state: MailState
    created_at: datetime
    due_at: datetime | None
    sent_at: datetime | None
    attempts: int
    error: str | None


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A mail about to be sent."""

    id: int
    recipient: str
    subject: str
    text: str
    html: str
    created_at: datetime


class Mails:
    """Writes mails and looks after those that wait."""

    def __init__(self, session: Session, *, audit: Audit, jobs: Jobs, clock: Clock, mailing: Mailing | None) -> None:
        self._session = session
        self._audit = audit
        self._jobs = jobs
        self._clock = clock
        self._mailing = mailing

    @property
    def is_set_up(self) -> bool:
        """Whether this server sends mails at all."""
        return self._mailing is not None

    @property
    def site(self) -> str:
        """The address of the site for links in mails, without a slash at its end. Raises Unavailable."""
        return self._needed().site

    def now_for(self, zone: str) -> str:
        """The present moment in words for somebody who chose this time zone; empty: none. Raises Unavailable."""
        return in_words(self._clock().astimezone(zone_of(zone or self._needed().time_zone)))

    def send(self, letter: Letter, to: str, *, useful_for: timedelta | None = None) -> int:
        """Have a mail sent once this transaction holds; its number. It is given up when `useful_for` has passed.

        Raises Invalid for addresses and subjects that no header may have, Unavailable where mail is not set up.
        """
        recipient = email_address(to)
        written = self._needed().write(letter)
        if not written.subject.isprintable() or not recipient.isprintable():
            raise Invalid("A subject and an address have no line ends and no control characters.")
        now = self._clock()
        row = Mail(
            kind=letter.kind,
            recipient=recipient,
            subject=written.subject[:LONGEST_SUBJECT],
            text=written.text,
            html=written.html,
            created_at=now,
            expires_at=None if useful_for is None else now + useful_for,
            due_at=now,
        )
        self._session.add(row)
        self._session.flush()
        self._jobs.ask(SEND)
        return row.id

    # --- for administrators

    def queue(self, *, state: MailState | None = None) -> Sequence[MailFacts]:
        """The newest mails of a state, or of all, with those that wait or failed."""
        statement = select(Mail).order_by(Mail.id.desc()).limit(LISTED)
        if state is not None:
            statement = statement.where(_IS[state])
        return [_facts(row) for row in self._session.scalars(statement)]

    def get(self, mail_id: int) -> MailFacts:
        """One mail. Raises NotFound."""
        return _facts(self._row(mail_id))

    def again(self, mail_id: int) -> MailFacts:
        """Have a mail that waits or failed tried now. Raises NotFound, Conflict for one that cannot be sent any more."""
        row = self._row(mail_id)
        if row.sent_at is not None or not row.text:
            raise Conflict("This mail was sent, or its link is over.", hint="Have what caused it done once more.")
        row.due_at, row.attempts, row.created_at = self._clock(), 0, self._clock()
        self._session.flush()
        self._jobs.expect(SEND)
        self._jobs.again(SEND)
        return _facts(row)

    def discard(self, mail_id: int) -> MailFacts:
        """Forget a mail; if it waits it is not sent. Raises NotFound."""
        row = self._row(mail_id)
        facts = _facts(row)
        self._session.delete(row)
        self._audit.record("mail.discard", Target("mail", facts.id, facts.recipient), before={"subject": facts.subject})
        self._session.flush()
        return facts

    # --- for the job that sends

    def due(self) -> Sequence[int]:
        """The numbers of mails to send now, the oldest first."""
        statement = select(Mail.id).where(Mail.due_at <= self._clock()).order_by(Mail.due_at, Mail.id).limit(AT_ONCE)
        return self._session.scalars(statement).all()

    def outgoing(self, mail_id: int) -> Outgoing | None:
        """A mail that is still to be sent; None if it was discarded, or is over by now."""
        row = self._session.get(Mail, mail_id)
        if row is None or row.due_at is None:
            return None
        if row.expires_at is not None and row.expires_at <= self._clock():
            self._give_up(row, f"It was of no use any more. {row.error or ''}".strip())
            row.text = row.html = ""
            return None
        return Outgoing(row.id, row.recipient, row.subject, row.text, row.html, row.created_at)

    def sent(self, mail_id: int) -> None:
        """The mail server has it: its text is erased."""
        if row := self._session.get(Mail, mail_id):
            row.sent_at, row.due_at, row.error = self._clock(), None, None
            row.attempts += 1
            row.text = row.html = ""

    def refused(self, mail_id: int, reason: str) -> None:
        """The mail server will never take it: nobody tries again, unless an administrator asks for that."""
        if row := self._session.get(Mail, mail_id):
            row.attempts += 1
            self._give_up(row, reason)

    def deferred(self, mail_id: int, reason: str) -> None:
        """The mail server does not take it now: try again after a pause that doubles, and for some days only."""
        if row := self._session.get(Mail, mail_id):
            now = self._clock()
            row.attempts += 1
            row.error = reason[:LONGEST_ERROR]
            row.due_at = now + min(FIRST_PAUSE * 2 ** min(row.attempts - 1, 10), LONGEST_PAUSE)
            if now - row.created_at > GIVEN_UP_AFTER:
                self._give_up(row, reason)

    def kept_back(self, reason: str) -> None:
        """No mail server was there: say so with each mail that is due, which stays due. Some have waited too long by now."""
        now = self._clock()
        for row in self._session.scalars(select(Mail).where(Mail.due_at <= now).limit(AT_ONCE)):
            row.error = reason[:LONGEST_ERROR]
            if now - row.created_at > GIVEN_UP_AFTER:
                self._give_up(row, reason)

    def forget_old(self) -> int:
        """Delete mails that were sent or failed long ago; how many."""
        now = self._clock()
        old_sent = and_(Mail.sent_at.is_not(None), Mail.sent_at < now - KEPT_SENT)
        old_failed = and_(_IS[MailState.FAILED], Mail.created_at < now - KEPT_FAILED)
        result = self._session.execute(delete(Mail).where(or_(old_sent, old_failed)))
        assert isinstance(result, CursorResult)
        return result.rowcount

    def _give_up(self, row: Mail, reason: str) -> None:
        row.due_at, row.error = None, reason[:LONGEST_ERROR]

    def _row(self, mail_id: int) -> Mail:
        row = self._session.get(Mail, mail_id)
        if row is None:
            raise NotFound("There is no such mail.")
        return row

    def _needed(self) -> Mailing:
        if self._mailing is None:
            raise Unavailable("This server sends no mail.", hint="An administrator can set that up.")
        return self._mailing


_IS = {
    MailState.WAITING: Mail.due_at.is_not(None),
    MailState.FAILED: and_(Mail.due_at.is_(None), Mail.sent_at.is_(None)),
    MailState.SENT: Mail.sent_at.is_not(None),
}


def _facts(row: Mail) -> MailFacts:
    unless_sent = MailState.FAILED if row.due_at is None else MailState.WAITING
    return MailFacts(
        id=row.id,
        kind=row.kind,
        recipient=row.recipient,
        subject=row.subject,
        state=unless_sent if row.sent_at is None else MailState.SENT,
        created_at=row.created_at,
        due_at=row.due_at,
        sent_at=row.sent_at,
        attempts=row.attempts,
        error=row.error,
    )
