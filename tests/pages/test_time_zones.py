"""Pages that are nobody else's tell each of their times in the zone of whoever reads them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone

import pytest

from kallithea.lib.time_zones import zone_of
from kallithea.pages.parts import Moment, moment
from kallithea.pages.time_zones import in_zone, zone_choices

NOON = moment(datetime(2026, 7, 1, 12, tzinfo=timezone.utc))
BERLIN = zone_of("Europe/Berlin")


@dataclass(frozen=True, slots=True)
class Line:
    when: Moment | None
    name: str = "x"


@dataclass(frozen=True, slots=True)
class SomePage:
    since: Moment
    lines: tuple[Line, ...]
    more: list[Line]


def test_every_moment_of_a_page_is_told_in_the_zone() -> None:
    page = SomePage(NOON, (Line(NOON), Line(None)), [Line(NOON)])
    there = Moment(NOON.iso, "2026-07-01 14:00 +02:00")

    assert in_zone(page, BERLIN) == SomePage(there, (Line(there), Line(None)), [Line(there)])


def test_a_page_without_moments_is_not_copied() -> None:
    page = Line(None)

    assert in_zone(page, BERLIN) is page


@pytest.mark.parametrize("iso", ["0001-01-01T00:00:00+00:00", "9999-12-31T23:59:59+00:00"])
@pytest.mark.parametrize("zone", ["America/Los_Angeles", "Pacific/Kiritimati"])
def test_the_ends_of_the_calendar_stay_as_they_are(iso: str, zone: str) -> None:
    value = moment(datetime.fromisoformat(iso))

    told = in_zone(Line(value), zone_of(zone)).when

    assert told is not None
    assert told.iso == iso


def test_one_zone_of_the_list_is_chosen() -> None:
    choices = zone_choices("Europe/Berlin", default="UTC")

    chosen = [zone.value for group in choices.groups for zone in group.zones if zone.is_chosen]
    assert (chosen, choices.utc.is_chosen) == (["Europe/Berlin"], False)
