"""Time zones by the names of the IANA database, such as Europe/Berlin."""

from __future__ import annotations

import zoneinfo
from datetime import datetime, timedelta, timezone, tzinfo
from functools import lru_cache

from kallithea.lib.clock import in_utc
from kallithea.lib.errors import Invalid

UTC = "UTC"
_REGIONS = frozenset(
    {"Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific"}
)


@lru_cache(maxsize=1)
def zone_names() -> tuple[str, ...]:
    """The names that people may choose: places, and UTC. Where the machine has no database there is UTC alone."""
    return (UTC, *sorted(name for name in zoneinfo.available_timezones() if name.partition("/")[0] in _REGIONS))


def time_zone(text: str, *, field: str = "time_zone") -> str:
    """The name of a zone as typed; empty for none. Raises Invalid with the reason."""
    name = text.strip()
    if name and name not in zone_names():
        reason = "This is no time zone that this server knows; the list has them all."
        raise Invalid(reason, fields={field: reason})
    return name


@lru_cache(maxsize=256)
def zone_of(name: str) -> tzinfo:
    """The zone of a stored name; UTC for one that this machine does not know (any more), and for none."""
    if name == UTC or name not in zone_names():
        return timezone.utc
    return zoneinfo.ZoneInfo(name)


def of_whole_minutes(when: datetime) -> datetime:
    """The same moment in a zone that HTML can name: those know whole minutes only, and hg any second."""
    spare = (when.utcoffset() or timedelta()) % timedelta(minutes=1)
    return in_utc(when) if when.tzinfo is None or spare else when


def in_words(when: datetime) -> str:
    """The moment in its own zone, which is named: `2026-11-21 08:25 +01:00`."""
    iso = of_whole_minutes(when).isoformat(timespec="seconds")
    return f"{iso[:10]} {iso[11:16]} {'UTC' if iso[19:] == '+00:00' else iso[19:]}"
