"""Times in the zone of whoever reads them, and the list in which people choose theirs."""

from __future__ import annotations

from dataclasses import dataclass, is_dataclass, replace
from datetime import datetime, tzinfo
from functools import lru_cache
from typing import Any, TypeVar

from kallithea.lib.time_zones import UTC, zone_names
from kallithea.pages.parts import Choice, Moment, moment

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ZoneGroup:
    """The zones of one part of the world."""

    name: str
    zones: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class ZoneChoices:
    """All zones; `default` is the one that holds where nothing is chosen and the browser does not say."""

    default: str
    utc: Choice
    groups: tuple[ZoneGroup, ...]


def zone_choices(chosen: str, *, default: str) -> ZoneChoices:
    """The list with one chosen; empty for none."""
    return ZoneChoices(
        default=default or UTC,
        utc=Choice(UTC, UTC, chosen == UTC),
        groups=tuple(
            ZoneGroup(region, tuple(Choice(name, text, name == chosen) for name, text in names))
            for region, names in _by_region()
        ),
    )


def in_zone(page: T, zone: tzinfo) -> T:
    """The same page with each of its moments told in a zone. A page that has none is returned itself."""
    found: T = _told(page, zone)
    return found


def _told(value: Any, zone: tzinfo) -> Any:
    if isinstance(value, Moment):
        return _moment_in(value, zone)
    if is_dataclass(value) and not isinstance(value, type):
        return _dataclass_in(value, zone)
    if type(value) in (tuple, list):
        told = [_told(one, zone) for one in value]
        is_same = all(one is other for one, other in zip(told, value, strict=True))
        return value if is_same else type(value)(told)
    return value


def _dataclass_in(value: Any, zone: tzinfo) -> Any:
    changed = {}
    for name in value.__dataclass_fields__:
        old = getattr(value, name)
        new = _told(old, zone)
        if new is not old:
            changed[name] = new
    return replace(value, **changed) if changed else value


def _moment_in(value: Moment, zone: tzinfo) -> Moment:
    try:
        return Moment(value.iso, moment(datetime.fromisoformat(value.iso).astimezone(zone)).text)
    except OverflowError:
        return value  # at the very ends of the calendar


@lru_cache(maxsize=1)
def _by_region() -> tuple[tuple[str, tuple[tuple[str, str], ...]], ...]:
    """(name, text) of the zones of each region."""
    found: dict[str, list[tuple[str, str]]] = {}
    for name in zone_names():
        region, _, place = name.partition("/")
        if place:
            found.setdefault(region, []).append((name, place.replace("_", " ")))
    return tuple((region, tuple(names)) for region, names in found.items())
