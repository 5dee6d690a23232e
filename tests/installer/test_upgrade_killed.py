"""An upgrade or a way back that is killed at a step, or while it undoes one: either release works, and it can be finished.

Each step is tried, with stand-ins for the releases; `test_upgrade.py` has real ones.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from kallithea.installer.layout import Home
from kallithea.installer.steps import Moment
from tests.installer import changer, houses, upgradable
from tests.installer.machines import FULL_SIZE
from tests.installer.test_upgrade import BACK, MOMENTS, STEPS

UNDOING = (Moment.BEFORE_UNDO, Moment.UNDONE) if FULL_SIZE else (Moment.UNDONE,)


@dataclass(frozen=True)
class House:
    """An installation of the first release, and the environment of the next one."""

    home: Home
    new: Path

    def change(self, what: str, *trouble: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", changer.__name__, what, str(self.home.path), str(self.new), *trouble]
        return subprocess.run(command, cwd=houses.TOP, capture_output=True, text=True, check=False)

    def in_use(self) -> str:
        """The version of the release in use, which works with what is there."""
        current = self.home.current()
        assert current
        assert upgradable.works(self.home, current)
        return current.version

    def killed(self, what: str, how: str, moment: Moment, step: str) -> None:
        assert self.change(what, how, moment.name, step).returncode == -signal.SIGKILL
        assert self.in_use() in {houses.FIRST, houses.NEW}

    def finishes(self, what: str, wanted: str) -> None:
        ended = self.change(what)
        assert ended.returncode == 0, ended.stdout + ended.stderr
        assert self.in_use() == wanted
        left = [path.name for folder in (self.home.path, self.home.data) for path in folder.iterdir()]
        assert [name for name in left if name == "paused" or ".part" in name or name.startswith(self.home.journal.name)] == []


@pytest.fixture(name="house")
def _house(tmp_path: Path) -> House:
    home = Home(tmp_path / "home")
    upgradable.furnished(home, upgradable.environment(tmp_path / "old", upgradable.OLD, home.data))
    return House(home, upgradable.environment(tmp_path / "new", houses.NEW, home.data))


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("moment", MOMENTS)
def test_an_upgrade(house: House, moment: Moment, step: str) -> None:
    house.killed("upgrade", "kill", moment, step)
    house.finishes("upgrade", houses.NEW)


@pytest.mark.parametrize("step", BACK)
@pytest.mark.parametrize("moment", MOMENTS)
def test_a_way_back(house: House, moment: Moment, step: str) -> None:
    house.finishes("upgrade", houses.NEW)
    house.killed("rollback", "kill", moment, step)
    house.finishes("rollback", houses.FIRST)


@pytest.mark.parametrize("step", STEPS[:-1])
@pytest.mark.parametrize("moment", UNDOING)
def test_an_upgrade_that_is_undone(house: House, moment: Moment, step: str) -> None:
    house.killed("upgrade", "kill-undoing", moment, step)
    house.finishes("upgrade", houses.NEW)


@pytest.mark.parametrize("step", BACK[:-1])
@pytest.mark.parametrize("moment", UNDOING)
def test_a_way_back_that_is_undone(house: House, moment: Moment, step: str) -> None:
    house.finishes("upgrade", houses.NEW)
    house.killed("rollback", "kill-undoing", moment, step)
    house.finishes("rollback", houses.FIRST)
