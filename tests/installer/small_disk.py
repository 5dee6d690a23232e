"""An upgrade or a way back for which a disk is full from a step on, and then once more; a program of its own, as it mounts one.

`small_disk.py DISK upgrade|rollback MOMENT STEP HOUSE|- ENVIRONMENT`: in a mount namespace, with a copy of HOUSE or a stand-in.
Prints JSON: how the two commands ended, and what the home was like after each.
"""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout, suppress
from pathlib import Path

from kallithea.installer.layout import Home
from kallithea.installer.steps import Journal
from kallithea.lib.pausing import WriteGate
from tests.installer import changer, houses, upgradable

SIZE, SIZE_OF_REAL = "16m", "320m"
"""Releases find too little room where fewer than 200 MB are free."""


def change(what: str, home: Home, made: Path, *trouble: str) -> dict[str, object]:
    """How a command ended, and what it left."""
    said = io.StringIO()
    with redirect_stdout(said), redirect_stderr(said):
        code = changer.main(what, str(home.path), str(made), *trouble)
    return {"code": code, "said": said.getvalue(), **looked_at(home)}


def looked_at(home: Home) -> dict[str, object]:
    current = home.current()
    assert current
    is_paused = (home.data / "paused").exists()
    with suppress(FileNotFoundError):
        is_paused |= WriteGate(home.data / "repos", patience=0, places=1).is_paused()
    return {
        "in_use": current.version,
        "ini": home.ini.read_text(),
        "is_open": Journal(home.journal).is_open,
        "is_paused": is_paused,
        "releases": [release.version for release in home.whole_releases()],
        "left": sorted(path.name for path in (home.path, home.data) for path in path.iterdir() if ".part" in path.name),
    }


def main(disk: str, what: str, moment: str, step: str, house: str, made: str) -> None:
    is_real = house != "-"
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE_OF_REAL if is_real else SIZE}", "tmpfs", disk], check=True)
    home, new = Home(Path(disk) / "home"), Path(made)
    if is_real:
        shutil.copytree(house, home.path, symlinks=True)
    else:
        old = upgradable.environment(new / "old", upgradable.OLD, home.data)
        new = upgradable.environment(new / "new", houses.NEW, home.data)
        upgradable.furnished(home, old)
    if what == "rollback":
        assert change("upgrade", home, new)["code"] == 0
    outcomes = {"before": looked_at(home), "full": change(what, home, new, "full", moment, step)}
    outcomes["full"]["works"] = _works(home, is_real=is_real)
    outcomes["again"] = change(what, home, new)
    outcomes["again"]["works"] = _works(home, is_real=is_real)
    print(json.dumps(outcomes))


def _works(home: Home, *, is_real: bool) -> bool:
    current = home.current()
    assert current
    if not is_real:
        return upgradable.works(home, current)
    with houses.served(current, home):  # or it raises
        return True


if __name__ == "__main__":
    main(*sys.argv[1:])
