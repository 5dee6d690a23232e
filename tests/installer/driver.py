"""Runs an install that something happens to at a step; a program of its own, as it is killed or has no space.

`driver.py kill BUNDLE HOME MOMENT STEP` kills itself there. `driver.py full BUNDLE HOME STEP` fills the disk before that step,
and afterwards makes space again.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from kallithea.installer.bundle import Bundle
from kallithea.installer.command import told
from kallithea.installer.environment import PYTHON
from kallithea.installer.errors import Refused, of_the_machine
from kallithea.installer.install import Answers, Installation
from kallithea.installer.layout import Home
from kallithea.installer.progress import Progress
from kallithea.installer.steps import Moment, Observer


def installation(bundle: str, home: str, observer: Observer) -> Installation:
    opened = Bundle(Path(bundle))
    build = bool(opened.sdists(PYTHON))
    return Installation(opened, Home.at(Path(home)), Answers(), Progress(sys.stdout), build=build, observer=observer)


def kill(bundle: str, home: str, moment: str, step: str) -> None:
    def observer(at: Moment, name: str) -> None:
        if (at.name, name) == (moment, step):
            os.kill(os.getpid(), signal.SIGKILL)

    installation(bundle, home, observer).run()


def full(bundle: str, home: str, step: str) -> int:
    filler = Path(home).parent / "filler"

    def observer(at: Moment, name: str) -> None:
        if (at, name) == (Moment.BEFORE, step):
            fill(filler)

    try:
        installation(bundle, home, observer).run()
    except Refused as error:
        return told(error)
    except OSError as error:
        return told(of_the_machine(error))
    finally:
        filler.unlink(missing_ok=True)
    return 0


def fill(path: Path) -> None:
    """Take all space that there is."""
    with path.open("wb", buffering=0) as file:
        for size in (1 << 20, 4096, 1):
            try:
                while True:
                    file.write(bytes(size))
            except OSError:
                continue


if __name__ == "__main__":
    sys.exit({"kill": kill, "full": full}[sys.argv[1]](*sys.argv[2:]))
