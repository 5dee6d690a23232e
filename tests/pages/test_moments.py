"""Times as programs and people read them, whatever zone and year a commit has."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

import pytest

from kallithea.pages.parts import moment

# A global date and time of HTML (section 2.3.5.6): a zone has hours up to 23 and whole minutes.
VALID = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]([01]\d|2[0-3]):[0-5]\d")


def zone(**offset: float) -> timezone:
    return timezone(timedelta(**offset))


@pytest.mark.parametrize(
    ("when", "text"),
    [
        (datetime(2026, 11, 21, 8, 25, tzinfo=zone(hours=1)), "2026-11-21 08:25 +01:00"),
        (datetime(2026, 11, 21, 8, 25, tzinfo=timezone.utc), "2026-11-21 08:25 UTC"),
        (datetime(1969, 12, 31, 23, 59, 59, tzinfo=zone(hours=-12)), "1969-12-31 23:59 -12:00"),
        (datetime(2106, 2, 7, 6, 28, 16, tzinfo=zone(minutes=345)), "2106-02-07 06:28 +05:45"),
        (datetime(9999, 12, 31, 23, 59, 59, tzinfo=zone(hours=-23, minutes=-59)), "9999-12-31 23:59 -23:59"),
        (datetime(1, 1, 1, tzinfo=zone(hours=14)), "0001-01-01 00:00 +14:00"),
        (datetime(2026, 1, 1, 12, tzinfo=zone(hours=1, seconds=1)), "2026-01-01 10:59 UTC"),
        (datetime(9999, 12, 31, 23, 59, 59, tzinfo=zone(seconds=-1)), "9999-12-31 23:59 UTC"),
        (datetime(2026, 1, 1, 12), "2026-01-01 12:00 UTC"),
    ],
)
def test_moment_is_valid_and_in_the_zone_of_its_author(when: datetime, text: str) -> None:
    found = moment(when)

    assert VALID.fullmatch(found.iso)
    assert found.text == text
