"""The chart of commits over time."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from kallithea.pages.repository.statistics import FEWEST_BARS, WIDTH, chart

MONDAY = date(2026, 1, 5)


@pytest.mark.parametrize("weeks", [1, 3, FEWEST_BARS, 100])
def test_bars_fit_and_few_of_them_are_no_walls(weeks: int) -> None:
    drawn = chart([(MONDAY + timedelta(weeks=number), number + 1) for number in range(weeks)])

    assert drawn is not None
    assert len(drawn.bars) == weeks
    assert max(bar.width for bar in drawn.bars) <= WIDTH / FEWEST_BARS
    assert max(bar.x + bar.width for bar in drawn.bars) <= WIDTH


@pytest.mark.parametrize("weeks", [1, 3, FEWEST_BARS, 100])
def test_the_last_bar_stands_above_the_last_day(weeks: int) -> None:
    drawn = chart([(MONDAY + timedelta(weeks=number), 1) for number in range(weeks)])

    assert drawn is not None
    assert drawn.last == (MONDAY + timedelta(weeks=weeks - 1)).isoformat()
    assert drawn.bars[-1].x + WIDTH / max(weeks, FEWEST_BARS) == pytest.approx(WIDTH, abs=0.1)
    assert len(drawn.rows) == weeks


def test_the_calendar_has_a_beginning() -> None:
    assert chart([(date.min, 1)]) is not None
