"""Days as people write them into forms."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone, tzinfo

from kallithea.lib.clock import in_utc
from kallithea.lib.errors import Invalid


def day(text: str, *, days_later: int = 0, zone: tzinfo = timezone.utc) -> datetime | None:
    """The beginning of a day such as `2026-01-31` in a zone, or of one so many days later; None for nothing. Raises Invalid."""
    if not text:
        return None
    try:
        return in_utc(datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=zone) + timedelta(days=days_later))
    except (ValueError, OverflowError):
        raise Invalid(f"{text} is no day.", hint="Write days as in 2026-01-31.") from None
