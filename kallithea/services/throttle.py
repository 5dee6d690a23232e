"""Slows down guessing of passwords, per account and per network, and of tokens, per network."""

from __future__ import annotations

import hashlib
import ipaddress
import math
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import CursorResult, bindparam, case, delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, sessionmaker

from kallithea.lib.clock import Clock
from kallithea.lib.errors import TooManyAttempts
from kallithea.model import SignInFailure

ACCOUNT = "account"
FACTOR = "factor"
"""Second factors: only who has the password gets as far as guessing them."""
FREE_FAILURES = {ACCOUNT: 10, FACTOR: 5, "address": 30, "token": 30}
"""So many failures cost nothing; a network is shared by many people, so it has more."""
LONGEST_WAIT = {ACCOUNT: 60.0, FACTOR: 900.0, "address": 900.0, "token": 60.0}
"""Seconds. Short for accounts, so that nobody can lock somebody else out by guessing wrongly; and for tokens, as nobody guesses
160 bits: those who fail are programs whose token expired."""
FORGOTTEN_AFTER = timedelta(hours=1)
CLOCKS_DIFFER = 60.0
"""Seconds by which the clocks of two machines may differ."""

_FAILURES = select(SignInFailure.subject, SignInFailure.failures, SignInFailure.last_at).where(
    SignInFailure.subject.in_(bindparam("subjects", expanding=True))
)


class SignInThrottle:
    """Counts failures in the database, so that all processes count together; each change is its own transaction."""

    def __init__(self, reading: sessionmaker[Session], own_transaction: sessionmaker[Session], clock: Clock) -> None:
        self._reading = reading
        self._own_transaction = own_transaction
        self._clock = clock

    def check(self, name: str, address: str, *, kind: str = ACCOUNT) -> bool:
        """Whether this account has failures that `succeeded` is to forget. Raises TooManyAttempts while it or the network has
        to wait."""
        subjects = _subjects(name, address, kind)
        return subjects[0] in self._check(subjects)

    def check_token(self, address: str) -> None:
        """Raises TooManyAttempts while this network has to wait before it shows another wrong token."""
        self._check((_token_subject(address),))

    def _check(self, subjects: Sequence[str]) -> Collection[str]:
        """Those that have failures."""
        now = self._clock()
        with self._reading() as session:
            rows = session.connection().execute(_FAILURES, {"subjects": subjects}).all()
        wait = max((_wait(row, now) for row in rows), default=0.0)
        if wait > 0:
            seconds = math.ceil(wait)
            raise TooManyAttempts("Signing in failed too often.", hint=f"Wait {seconds} seconds, then try again.", wait=seconds)
        return [row.subject for row in rows]

    def failed(self, name: str, address: str, *, kind: str = ACCOUNT) -> None:
        """Count a failure."""
        self._failed(_subjects(name, address, kind))

    def failed_token(self, address: str) -> None:
        """Count a wrong token. Apart from passwords: a program whose token expired must not keep people from signing in."""
        self._failed((_token_subject(address),))

    def _failed(self, subjects: Sequence[str]) -> None:
        now = self._clock()
        for subject in subjects:
            try:
                self._count(subject, now)
            except IntegrityError:
                # Somebody else's failure made the row at the same moment; now it is there.
                self._count(subject, now)

    def _count(self, subject: str, now: datetime) -> None:
        # The database adds up, and each count is a transaction: guessers who come at once lose none and wait in no circle.
        # In this order, as MariaDB reads in a SET what the ones before it have set.
        failures = case((SignInFailure.last_at < now - FORGOTTEN_AFTER, 1), else_=SignInFailure.failures + 1)
        one_more = update(SignInFailure).where(SignInFailure.subject == subject)
        with self._own_transaction.begin() as session:
            counted = session.execute(one_more.ordered_values(("failures", failures), ("last_at", now)))
            assert isinstance(counted, CursorResult)
            if not counted.rowcount:
                session.add(SignInFailure(subject=subject, failures=1, last_at=now))

    def forget_old(self) -> int:
        """Forget failures that slow nobody down any more; of how many accounts and networks."""
        with self._own_transaction.begin() as session:
            old = SignInFailure.last_at < self._clock() - FORGOTTEN_AFTER
            numbers = session.scalars(select(SignInFailure.id).where(old)).all()
            session.execute(delete(SignInFailure).where(SignInFailure.id.in_(numbers), old))
        return len(numbers)

    def succeeded(self, name: str, address: str, *, kind: str = ACCOUNT) -> None:
        """Forget the failures of this account; those of the network stay, or one good password would free a guesser."""
        subject = _subjects(name, address, kind)[0]
        with self._own_transaction.begin() as session:
            session.execute(delete(SignInFailure).where(SignInFailure.subject == subject))


def _subjects(name: str, address: str, kind: str) -> tuple[str, str]:
    # Hashed: people type passwords into the field for the name.
    account = hashlib.sha256(name.strip().casefold().encode("utf-8", "replace")).hexdigest()
    return f"{kind}:{account}", f"address:{network_of(address)}"


def _token_subject(address: str) -> str:
    return f"token:{network_of(address)}"


def network_of(address: str) -> str:
    """The network that one guesser has at hand: an IPv4 address, an IPv6 /64."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return address[:100]
    if ip.version == 6 and ip.ipv4_mapped is None:
        return str(ipaddress.ip_network((ip, 64), strict=False))
    return str(ip)


def _wait(row: Any, now: datetime) -> float:
    """Seconds still to wait: doubling with each failure behind the free ones."""
    kind = row.subject.partition(":")[0]
    too_many = row.failures - FREE_FAILURES[kind]
    if too_many < 0:
        return 0.0
    pause = min(2.0 ** min(too_many, 20), LONGEST_WAIT[kind])
    passed = (now - row.last_at).total_seconds()
    # A clock that was put back must not lock people out for as long as it was ahead.
    return pause - passed if passed > -CLOCKS_DIFFER else 0.0
