"""A clock that cannot be right, told at the start."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from sqlalchemy import Engine, select

from kallithea.model import Push, UserSession

log = logging.getLogger(__name__)

TOLERATED = timedelta(minutes=5)
"""By so much may the clocks of two machines differ before it is said."""


def tell_doubts(engine: Engine, now: datetime) -> None:
    """Log that the clock is behind what was recorded before. Everything works all the same, with wrong times."""
    if said := doubt(engine, now):
        log.warning("%s", said)


def doubt(engine: Engine, now: datetime) -> str | None:
    """What is wrong with the clock, if it can be seen."""
    # Only reading: a start waits for no writer, and works on a full disk.
    with engine.connect() as connection:
        # The newest rows, not the latest times: what a clock wrote that was ahead once must not be held against it for ever.
        moments = [
            connection.scalar(select(Push.pushed_at).order_by(Push.id.desc()).limit(1)),
            connection.scalar(select(UserSession.created_at).order_by(UserSession.id.desc()).limit(1)),
        ]
    latest = max((moment for moment in moments if moment), default=None)
    if latest is None or latest <= now + TOLERATED:
        return None
    return (
        f"The clock of this machine says {now:%Y-%m-%d %H:%M}, but something happened at {latest:%Y-%m-%d %H:%M} (UTC) "
        "already: sessions end at the wrong time, and pushes are recorded with it. Set the clock, for instance with: "
        "timedatectl set-ntp true"
    )
