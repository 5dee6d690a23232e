"""Slows down those who ask for mails, for accounts, or with links, whether they get what they ask for or not."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from enum import Enum

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from kallithea.lib.errors import TooManyAttempts
from kallithea.model import SignInFailure
from kallithea.services.throttle import CLOCKS_DIFFER, FORGOTTEN_AFTER, SignInThrottle, network_of


class Asked(Enum):
    """What is asked for, as it is counted."""

    RESET = "reset"
    REGISTER = "register"
    CONFIRM = "confirm"
    """To have a mail sent that confirms an address."""
    LINK = "link"
    """Something, with a link from a mail."""


MOST: Mapping[tuple[Asked, str], int] = {
    (Asked.RESET, "who"): 3,
    (Asked.RESET, "network"): 20,
    (Asked.REGISTER, "network"): 10,
    (Asked.CONFIRM, "who"): 10,
    (Asked.LINK, "network"): 60,
}
"""How often within an hour: so that nobody's letter box is filled by us, and nobody learns from us who is here."""


class AskingThrottle(SignInThrottle):
    """Counts beside the failed sign-ins, in transactions of its own: to be used before the scope writes."""

    def take(self, asked: Asked, *, network: str, who: str = "") -> None:
        """Count one. Raises TooManyAttempts where there were too many within an hour; those that are refused do not count."""
        subjects = _subjects(asked, network, who)
        now = self._clock()
        with self._reading() as session:
            rows = session.scalars(select(SignInFailure).where(SignInFailure.subject.in_(list(subjects)))).all()
        for row in rows:
            left = (row.last_at + FORGOTTEN_AFTER - now).total_seconds()
            is_over = left <= 0 or left > FORGOTTEN_AFTER.total_seconds() + CLOCKS_DIFFER
            if row.failures >= subjects[row.subject] and not is_over:
                raise TooManyAttempts(
                    "This was asked for too often.", hint="Wait an hour, then try again.", wait=math.ceil(left)
                )
        for subject in subjects:
            try:
                self._count(subject, now)
            except IntegrityError:
                self._count(subject, now)  # somebody else made the row at the same moment


def _subjects(asked: Asked, network: str, who: str) -> dict[str, int]:
    # Hashed: what is typed is kept nowhere.
    digest = hashlib.sha256(who.strip().casefold().encode("utf-8", "replace")).hexdigest()
    found = {
        (asked, "who"): f"{asked.value}-who:{digest}",
        (asked, "network"): f"{asked.value}-network:{network_of(network)}",
    }
    return {subject: MOST[key] for key, subject in found.items() if key in MOST}
