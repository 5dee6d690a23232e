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
