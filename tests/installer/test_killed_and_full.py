"""An install that is killed, or has no space left, at each of its steps."""

from __future__ import annotations

import shlex
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from kallithea.installer.bundle import Bundle
from kallithea.installer.install import Answers, Installation
from kallithea.installer.layout import Home
from kallithea.installer.progress import Progress
from kallithea.installer.steps import Moment
from kallithea.installer.unpacking import Unpacking
from tests.installer import driver
from tests.installer.machines import FULL_SIZE

NAMES = ("environment", "wheels", "build", "packages", "compile", "instance", "service", "check", "switch", "tell")
# What is done and not written down is the hardest moment; the others are tried at full size.
MOMENTS = (Moment.BEFORE, Moment.DONE, Moment.NOTED) if FULL_SIZE else (Moment.DONE,)


def run(*arguments: str | Path, prefix: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    command = [*prefix, sys.executable, driver.__file__, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def install(bundle: Path, home: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(bundle), "install", str(home), "--build"]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_every_step_is_tried_here(small_bundle: Path, small_sources: Path, tmp_path: Path) -> None:
    """Those of an upgrade that makes the release are the same ones."""
    home, progress = Home(tmp_path), Progress(sys.stdout)
    found = [Installation(Bundle(each), home, Answers(), progress).steps() for each in (small_bundle, small_sources)]
    assert tuple(step.name for step in found[1]) == NAMES
    assert [step.name for step in found[0]] == [name for name in NAMES if name != "build"]
    unpacking = Unpacking(Bundle(small_sources), home, progress, sys.stdout).steps()
    assert [step.name for step in unpacking] == list(NAMES[: len(unpacking)])


@pytest.mark.parametrize("step", NAMES)
@pytest.mark.parametrize("moment", MOMENTS)
def test_killed(small_sources: Path, tmp_path: Path, moment: Moment, step: str) -> None:
    home = Home(tmp_path / "home")
    ended = run("kill", small_sources, home.path, moment.name, step)
    assert ended.returncode == -signal.SIGKILL
    # Nothing is in use before everything is checked.
    is_switched = NAMES.index(step) > NAMES.index("switch") or (step == "switch" and moment is not Moment.BEFORE)
    assert (home.current() is not None) == is_switched
    ended = install(small_sources, home.path)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert home.current() is not None
    # The password is told by whoever finishes, and it is the one that was set.
    assert f"password: {(home.data / 'password').read_text()}\n" in ended.stdout
    assert not home.journal.exists()


@pytest.mark.parametrize("step", NAMES)
def test_no_space(small_sources: Path, tmp_path: Path, step: str) -> None:
    """On a small disk of its own."""
    disk = tmp_path / "disk"
    disk.mkdir()
    full = shlex.join([sys.executable, driver.__file__, "full", str(small_sources), str(disk / "home"), step])
    again = shlex.join([sys.executable, str(small_sources), "install", str(disk / "home"), "--build"])
    there = shlex.join(["ls", "-A", str(disk)])
    mount = shlex.join(["mount", "-t", "tmpfs", "-o", "size=200m", "tmpfs", str(disk)])
    script = f"{mount} && {full} 2>&1; echo code $?; echo left: $({there}); {again} 2>&1; echo code $?"
    unshare = shutil.which("unshare")
    assert unshare
    ended = subprocess.run([unshare, "-rm", "sh", "-c", script], capture_output=True, text=True, check=False)
    said = ended.stdout + ended.stderr
    # What is removed at a step may make the space that it takes.
    if step == NAMES[-1]:
        assert "code 0\nleft: home\n" in said  # the last one writes nothing
    elif step != "compile":
        assert "error: There is no space left on the disk" in said
        assert "code 3\nleft:\n" in said
    assert said.endswith("code 0\n")
