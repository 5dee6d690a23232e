"""What has to hold after an upgrade or a way back on a disk that became full."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from kallithea.installer.steps import Moment
from tests.installer import houses, small_disk


def tried(tmp_path: Path, what: str, moment: Moment, step: str, house: str, made: Path) -> dict[str, Any]:
    """What happened on a small disk."""
    disk = tmp_path / "disk"
    disk.mkdir()
    unshare = shutil.which("unshare")
    assert unshare
    command = [sys.executable, "-m", small_disk.__name__, str(disk), what, moment.name, step, house, str(made)]
    ended = subprocess.run([unshare, "-rm", *command], cwd=houses.TOP, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    outcome = json.loads(ended.stdout.splitlines()[-1])
    assert isinstance(outcome, dict)
    return outcome


def check(outcome: dict[str, Any], old: str, new: str) -> None:
    """Either release works, with all that belongs to it, and the same command finishes."""
    before, full, again = outcome["before"], outcome["full"], outcome["again"]
    assert full["works"], full
    assert not full["is_paused"], full
    assert not full["is_open"], full
    assert full["left"] == []
    if full["code"] == 0:
        assert full["in_use"] == new
    else:
        assert "error: " in full["said"]
        assert "Traceback" not in full["said"]
        assert (full["in_use"], full["ini"], full["releases"]) == (old, before["ini"], before["releases"])
    assert again["code"] == 0, again["said"]
    assert (again["in_use"], again["works"], again["is_open"], again["is_paused"]) == (new, True, False, False)
