"""The time, handed in so that tests can choose it."""

from collections.abc import Callable
from datetime import datetime, timezone

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The present moment, with its zone."""
    return datetime.now(timezone.utc)


def in_utc(when: datetime) -> datetime:
    """The moment in UTC; what no calendar has there, at its very ends, is the nearest that one has."""
    if when.tzinfo is None:
        return when.replace(tzinfo=timezone.utc)
    try:
        return when.astimezone(timezone.utc)
    except OverflowError:
        return (datetime.max if when.year > 1 else datetime.min).replace(microsecond=0, tzinfo=timezone.utc)
