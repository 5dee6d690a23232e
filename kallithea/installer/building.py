"""Compiling what has no wheel for this machine, from the sources in a bundle and without an index."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import sysconfig
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TextIO

from kallithea.installer.bundle import Bundle, ignore
from kallithea.installer.environment import pip, run
from kallithea.installer.errors import Refused
from kallithea.installer.layout import Release

_SAYS_WHY = re.compile(r"\berror:? (?!subprocess-exited)(?=\S)|not found|cannot find", re.IGNORECASE)
_LONGEST = 200


def check_tools(bundle: Bundle, python: str) -> None:
    """Raise Refused where what compiles is not here, before anything is changed."""
    names = ", ".join(name.partition("-")[0] for name in bundle.sdists(python))
    packages = "packages such as build-essential and python3-dev, or gcc and python3-devel"
    compiler = (os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc").split()[0]
    if not shutil.which(compiler):
        raise Refused(
            f"There is no C compiler ({compiler}) here, and these are compiled: {names}.", hint=f"Install {packages}."
        )
    header = Path(sysconfig.get_path("include")) / "Python.h"
    if not header.is_file():
        raise Refused(
            f"The headers of Python are not here ({header}), and these are compiled: {names}.", hint=f"Install {packages}."
        )
    in_rust = [name.partition("-")[0] for name in bundle.sdists(python) if name in bundle.in_rust]
    if in_rust and not shutil.which("cargo"):
        raise Refused(
            f"There is no compiler of Rust (cargo) here, and these are compiled: {', '.join(in_rust)}.",
            hint="Install cargo and rustc, and see docs/installation.md for where cargo finds crates.",
        )


def build(
    release: Release, bundle: Bundle, python: str, folder: Path, log: TextIO, tell: Callable[[int, int], None] = ignore
) -> None:
    """Make wheels of the sources in a folder, which holds what builds them, too. Raises Refused with what the compiler said."""
    made = built(folder)
    command = [*pip(release, bundle, folder), "wheel", "--no-index", "--find-links", str(folder), "--no-deps", "--no-cache-dir"]
    for number, name in enumerate(bundle.sdists(python)):
        tell(number, len(bundle.sdists(python)))
        run([*command, "--wheel-dir", str(made), str(folder / name)], log, told=partial(_told, name))


def built(folder: Path) -> Path:
    """Where the wheels are that were made."""
    return folder / "built"


def digests(folder: Path) -> Mapping[str, str]:
    """The wheels that were made, by their path in the folder, and their SHA-256."""
    wheels = sorted(built(folder).glob("*.whl"))
    return {wheel.relative_to(folder).as_posix(): hashlib.sha256(wheel.read_bytes()).hexdigest() for wheel in wheels}


def _told(name: str, output: str) -> str:
    return f"{name} cannot be compiled: {_said(output)}"


def _said(output: str) -> str:
    """What a compiler complains of: the first line that does."""
    lines = [line.strip(" |╰─>│") for line in output.splitlines()]
    return next((line for line in lines if _SAYS_WHY.search(line)), lines[-1] if lines else "it said nothing")[:_LONGEST]
