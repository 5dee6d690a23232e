"""The writer lock keeps out writers that know nothing of each other but the folder, and dies with its holder."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from kallithea.lib.vcs.errors import RepositoryBusy
from kallithea.lib.vcs.locks import writer_lock

HOLDER = """\
import subprocess, sys
from pathlib import Path
from kallithea.lib.vcs.locks import writer_lock
with writer_lock(Path(sys.argv[1])) as descriptor:
    if sys.argv[2:] == ["child"]:
        child = subprocess.Popen(["sleep", "600"], pass_fds=[descriptor], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        print(child.pid, flush=True)
    else:
        print("held", flush=True)
    sys.stdin.read()
"""


def elsewhere() -> Sequence[str]:
    """As on another machine: own mounts, network, host name and processes, where the system lets us."""
    unshare = shutil.which("unshare")
    command = (unshare or "", "--mount", "--net", "--uts", "--pid", "--fork", "--kill-child")
    if unshare and subprocess.run([*command, "true"], check=False, capture_output=True).returncode == 0:
        return command
    return ()


class Holder:
    """A process that holds the lock of a folder until it is killed."""

    def __init__(self, folder: Path, *arguments: str, apart: Sequence[str] = ()) -> None:
        command = [*apart, sys.executable, "-c", HOLDER, str(folder), *arguments]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self._process.stdout is not None
        self.told = self._process.stdout.readline().decode().strip()

    def die(self) -> None:
        self._process.kill()
        self._process.communicate()


@pytest.mark.parametrize("apart", [(), elsewhere()], ids=["beside us", "as on another machine"])
def test_a_lock_keeps_out_others_until_its_holder_dies(tmp_path: Path, apart: Sequence[str]) -> None:
    holder = Holder(tmp_path, apart=apart)

    with pytest.raises(RepositoryBusy), writer_lock(tmp_path, patience=0.1):
        pass

    holder.die()
    with writer_lock(tmp_path, patience=60):
        pass


def test_a_child_of_a_dead_holder_still_keeps_others_out(tmp_path: Path) -> None:
    holder = Holder(tmp_path, "child")
    holder.die()

    with pytest.raises(RepositoryBusy), writer_lock(tmp_path, patience=0.1):
        pass

    os.kill(int(holder.told), 9)
    with writer_lock(tmp_path, patience=60):
        pass
