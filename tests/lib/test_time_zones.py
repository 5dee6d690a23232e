"""Names of time zones: few are offered, none is taken that is not, and what a machine forgot is UTC."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from kallithea.lib.errors import Invalid
from kallithea.lib.time_zones import in_words, time_zone, zone_names, zone_of

NOON = datetime(2026, 7, 1, 12, tzinfo=timezone.utc)
NO_ZONES = [
    "Europe/Atlantis",
    "europe/berlin",
    "../../../etc/passwd",
    "/etc/localtime",
    "Europe/../UTC",
    "localtime",
    "Factory",
    "posix/UTC",
    "Europe",
    "UTC+1",
    "x" * 10_000,
    'UTC"><script>',
    "Europe/Berlin\0",
]


def test_places_of_the_whole_world_are_offered() -> None:
    assert len(zone_names()) > 300
    assert {"UTC", "Europe/Berlin", "Asia/Kolkata", "America/Argentina/Buenos_Aires", "Pacific/Auckland"} <= {*zone_names()}


@pytest.mark.parametrize("text", ["", "UTC", " Europe/Berlin "])
def test_a_name_of_the_list_is_taken(text: str) -> None:
    assert time_zone(text) == text.strip()


@pytest.mark.parametrize("text", NO_ZONES)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        time_zone(text)

    assert "time_zone" in refused.value.fields


@pytest.mark.parametrize("name", NO_ZONES)
def test_a_stored_name_that_is_unknown_now_is_utc(name: str) -> None:
    assert zone_of(name) is timezone.utc


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("", "2026-07-01 12:00 UTC"),
        ("Europe/Berlin", "2026-07-01 14:00 +02:00"),
        ("Asia/Kathmandu", "2026-07-01 17:45 +05:45"),
        ("America/St_Johns", "2026-07-01 09:30 -02:30"),
        ("Africa/Abidjan", "2026-07-01 12:00 UTC"),
    ],
)
def test_a_time_is_told_with_its_zone(name: str, text: str) -> None:
    assert in_words(NOON.astimezone(zone_of(name))) == text
