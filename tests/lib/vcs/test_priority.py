"""Child processes step back behind the server, also where Linux shares the processors out between sessions first."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from kallithea.lib.vcs.priority import LOWEST, STEPS, step_back

linux = pytest.mark.skipif(sys.platform != "linux", reason="how Linux does it")
AUTOGROUP = Path("/proc/self/autogroup")


@pytest.fixture(name="child", params=[False, True], ids=["same session", "own session"])
def _child(request: pytest.FixtureRequest) -> Iterator[subprocess.Popen[bytes]]:
    child = subprocess.Popen(["sleep", "60"], start_new_session=request.param)
    yield child
    child.kill()
    child.wait()


@linux
@pytest.mark.parametrize("steps", [STEPS, LOWEST, 100])
def test_a_child_steps_back(child: subprocess.Popen[bytes], steps: int) -> None:
    own = os.getpriority(os.PRIO_PROCESS, 0)
    own_group = AUTOGROUP.read_text() if AUTOGROUP.exists() else ""
    step_back(child.pid, steps)

    wanted = min(LOWEST, own + steps)
    assert os.getpriority(os.PRIO_PROCESS, child.pid) == wanted
    if own_group and os.getsid(child.pid) == child.pid:
        assert Path(f"/proc/{child.pid}/autogroup").read_text().split()[-1] == str(wanted)
    if own_group:
        assert AUTOGROUP.read_text() == own_group, "the server itself stepped back"


@linux
def test_a_child_that_has_ended_is_no_error() -> None:
    child = subprocess.Popen(["true"])
    child.wait()
    step_back(child.pid)
