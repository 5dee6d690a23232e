"""Runs an upgrade or a way back that something happens to at a step; a program of its own, as it is killed or has no space.

`changer.py upgrade|rollback HOME ENVIRONMENT [kill|fail|full|kill-undoing MOMENT STEP]`: a release of ENVIRONMENT is the new
one. What is killed while it undoes has failed at the last step but one.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from kallithea.installer.command import told
from kallithea.installer.errors import Refused, of_the_machine
from kallithea.installer.files import remove_tree
from kallithea.installer.kept import Wishes
from kallithea.installer.layout import Home
from kallithea.installer.progress import Progress
from kallithea.installer.rollback import Rollback
from kallithea.installer.steps import Moment, Observer, Step, ignore
from kallithea.installer.upgrade import Upgrade
from tests.installer import houses
from tests.installer.driver import fill

LAST_TO_FAIL = {"self-check", "note"}
"""The last step but one of an upgrade, and of a way back."""


def observer(what: str, moment: str, step: str, home: Path) -> Observer:
    def observe(at: Moment, name: str) -> None:
        if what == "kill-undoing" and at is Moment.DONE and name in LAST_TO_FAIL:
            raise Refused("This test wants it to fail.")
        if (at.name, name) != (moment, step):
            return
        if what in ("kill", "kill-undoing"):
            os.kill(os.getpid(), signal.SIGKILL)
        elif what == "full":
            fill(home.parent / "filler")
        else:
            raise Refused("This test wants it to fail.")

    return observe


def command(what: str, home: Home, made: Path, observe: Observer) -> Upgrade | Rollback:
    wishes, progress = Wishes(merge=True, restart=os.environ.get("KALLITHEA_RESTART")), Progress(sys.stdout)
    if what == "rollback":
        return Rollback(home, wishes, progress, observer=observe)
    new = home.release(houses.NEW)
    unpack = Step("environment", "Making a release", lambda: houses.put(new, made), lambda: remove_tree(new.path))
    return Upgrade(home, new, lambda _log: [unpack], wishes, progress, observer=observe)


def main(what: str, home: str, made: str, *trouble: str) -> int:
    observe = observer(*trouble, Path(home)) if trouble else ignore
    try:
        command(what, Home.at(Path(home)), Path(made), observe).run()
    except Refused as error:
        return told(error)
    except OSError as error:
        return told(of_the_machine(error))
    finally:
        (Path(home).parent / "filler").unlink(missing_ok=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
