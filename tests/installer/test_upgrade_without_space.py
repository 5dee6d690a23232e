"""An upgrade or a way back for which the disk is full from a step on: the old or the new release works, and it can be finished.

Each step is tried on a small disk of its own, with stand-ins for the releases; at full size each moment, and real releases too.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from kallithea.installer.steps import Moment
from tests.installer import houses
from tests.installer.test_upgrade import BACK, MOMENTS, STEPS
from tests.installer.without_space import check, tried


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("moment", MOMENTS)
def test_an_upgrade(tmp_path: Path, moment: Moment, step: str) -> None:
    check(tried(tmp_path, "upgrade", moment, step, "-", tmp_path), houses.FIRST, houses.NEW)


@pytest.mark.parametrize("step", BACK)
@pytest.mark.parametrize("moment", MOMENTS)
def test_a_way_back(tmp_path: Path, moment: Moment, step: str) -> None:
    outcome = tried(tmp_path, "rollback", moment, step, "-", tmp_path)
    # What went back before is forward again when it is run once more.
    if outcome["full"]["code"] == 0:
        assert outcome["again"]["in_use"] == houses.NEW
    else:
        check(outcome, houses.NEW, houses.FIRST)
