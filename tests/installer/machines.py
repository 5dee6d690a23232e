"""Other machines: a process with nothing of this one but its programs, and the Pythons that are found here."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

FULL_SIZE = os.environ.get("KALLITHEA_FULL_SIZE", "") not in {"", "0"}
SERIES = ("3.10", "3.11", "3.12", "3.13")


def this_python() -> str:
    """The Python that runs the tests, without their environment."""
    return str(Path(sys.base_prefix) / "bin" / f"python{sys.version_info.major}.{sys.version_info.minor}")


def this_series() -> str:
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def pythons() -> dict[str, str]:
    """The Pythons to try, by series: the running one, and with KALLITHEA_FULL_SIZE all that are found here."""
    found = {this_series(): this_python()}
    if FULL_SIZE:
        for series in SERIES:
            if program := _found(series):
                found.setdefault(series, program)
    return found


def fresh_user(folder: Path) -> dict[str, str]:
    """The environment of somebody who has just got an account: an empty home, and neither compiler nor Node.js."""
    programs, home = folder / "bin", folder / "home"
    programs.mkdir(parents=True)
    home.mkdir()
    for name in ("git", "sh", "env", "dirname", "readlink"):
        found = shutil.which(name)
        assert found, name
        (programs / name).symlink_to(found)
    return {"PATH": str(programs), "HOME": str(home), "LANG": "C.UTF-8", "TMPDIR": str(folder)}


def alone(command: Sequence[str], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """What a command says in a network namespace that has loopback and nothing else."""
    as_nobody_special = [] if os.geteuid() == 0 else ["-r"]
    unshare = shutil.which("unshare")
    assert unshare
    return subprocess.run(
        [unshare, *as_nobody_special, "-n", *command], env=environment, capture_output=True, text=True, check=False
    )


def outcome(ended: subprocess.CompletedProcess[str]) -> dict[str, object]:
    """The JSON that a story ends with."""
    assert ended.returncode == 0, ended.stdout + ended.stderr
    last = json.loads(ended.stdout.splitlines()[-1])
    assert isinstance(last, dict)
    return last


def _found(series: str) -> str | None:
    for folder in sorted(Path.home().glob(f".pyenv/versions/{series}.*")):
        return str(folder / "bin" / f"python{series}")
    return shutil.which(f"python{series}")
