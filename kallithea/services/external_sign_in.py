"""Asks the sources of sign-ins about somebody, and opens the account of whom they vouch for.

In transactions of its own, as all of signing in (ADR 0009); none is open while a source is asked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, sessionmaker

from kallithea.lib.clock import Clock
from kallithea.lib.errors import Forbidden, Unavailable
from kallithea.lib.sign_in.gate import SourceGate
from kallithea.lib.sign_in.sources import Departure, PasswordSource, RequestSource, VerifiedPerson
from kallithea.lib.sign_in.vouching import Vouched
from kallithea.lib.trace import happened
from kallithea.services.actors import Origin, System
from kallithea.services.audit import Audit
from kallithea.services.external_accounts import Arrival, ExternalAccounts
from kallithea.services.sign_in_sources import Configured, SignInSources

NOT_ENABLED = "Your account is not enabled."
WAITS = "You have an account here now. It waits for an administrator to enable it."


@dataclass(frozen=True, slots=True)
class Identity:
    """Somebody of a source."""

    source: str
    subject: str


class ExternalSignIn:
    """What the sources say of somebody; whom they know has an enabled account then."""

    def __init__(
        self,
        *,
        gate: SourceGate,
        origin: Origin,
        reading: sessionmaker[Session],
        own_transaction: sessionmaker[Session],
        clock: Clock,
    ) -> None:
        self._gate = gate
        self._origin = origin
        self._reading = reading
        self._own_transaction = own_transaction
        self._clock = clock

    def password_sources(self) -> list[Configured]:
        """The sources that are asked about a name and a password, in their order."""
        return [one for one in self._turned_on() if isinstance(one.source, PasswordSource)]

    def remembered(self, sources: Sequence[Configured], name: str, password: str) -> Identity | None:
        """Whom this name and password proved within the last five minutes. Whether their account still is to be opened is the
        caller's to look up. Forgotten as soon as the settings of the source change."""
        for one in sources:
            if (subject := self._gate.recall("password", one.name, one.state, name, password)) is not None:
                return Identity(one.name, subject)
        return None

    def ask(self, sources: Sequence[Configured], name: str, password: str) -> Identity | None:
        """Whom the first source that knows this name and password says it is; None if none does.

        Raises Forbidden for one that may not come in, and Unavailable if none knows them and one could not tell.
        """
        silent: Unavailable | None = None
        for one in sources:
            assert isinstance(one.source, PasswordSource)
            try:
                with self._gate.turn():
                    person = one.source.verify(name, password)
            except Unavailable as error:
                silent = silent or error
                continue
            if person is not None:
                identity = self._enabled(one, person)
                self._gate.remember("password", one.name, one.state, name, password, answer=person.subject)
                return identity
        if silent is not None:
            happened("sign-in source away")
            raise silent
        return None

    def vouched(self, vouched: Vouched) -> Identity | None:
        """Whom the proxy in front vouches for; None where nobody asks proxies. Raises Forbidden."""
        for one in self._turned_on():
            if isinstance(one.source, RequestSource) and (person := one.source.recognise(vouched.user, vouched.headers)):
                identity = self._enabled(one, person)
                self._gate.remember("proxy", vouched.user, answer=f"{one.name} {person.subject}")
                return identity
        return None

    def lately_vouched(self, vouched: Vouched) -> Identity | None:
        """Whom `vouched` found within the last five minutes. Whether the source is still asked is the caller's to look up."""
        found = self._gate.recall("proxy", vouched.user)
        return None if found is None else Identity(*found.split(" ", 1))

    def begin(self, name: str, back: str) -> Departure:
        """Where a source sends the browser. Raises NotFound, Unavailable."""
        with self._reading() as session:
            source = SignInSources(session, audit=_nobody).redirecting(name)
        with self._gate.turn():
            return source.begin(back)

    def finish(self, name: str, kept: Mapping[str, str], answer: Mapping[str, str], back: str) -> Identity:
        """Who it is that comes back from the other site. Raises NotFound, Forbidden, Unavailable."""
        with self._reading() as session:
            sources = SignInSources(session, audit=_nobody)
            source, configured = sources.redirecting(name), sources.configured(name)
        with self._gate.turn():
            person = source.finish(kept, answer, back)
        return self._enabled(configured, person)

    def farewell(self, name: str, home: str) -> str | None:
        """Where to sign out of the other site too. Raises NotFound, Unavailable."""
        with self._reading() as session:
            source = SignInSources(session, audit=_nobody).redirecting(name)
        with self._gate.turn():
            return source.farewell(home)

    def _turned_on(self) -> list[Configured]:
        with self._reading() as session:
            return SignInSources(session, audit=_nobody).turned_on()

    def _enabled(self, one: Configured, person: VerifiedPerson) -> Identity:
        try:
            arrival = self._arrived(one, person)
        except IntegrityError:
            # The same person came twice at once, and the other visit made the account.
            arrival = self._arrived(one, person)
        if not arrival.is_active:
            raise Forbidden(WAITS if arrival.is_new else NOT_ENABLED, hint="Ask an administrator of this server.")
        return Identity(one.name, person.subject)

    def _arrived(self, one: Configured, person: VerifiedPerson) -> Arrival:
        with self._own_transaction.begin() as session:
            audit = Audit(session, actor=System(), origin=self._origin, clock=self._clock)
            accounts = ExternalAccounts(session, audit=audit, clock=self._clock)
            return accounts.arrived(one.name, person, new_people=one.new_people)


def _nobody() -> Audit:
    raise AssertionError("signing in changes no settings")
