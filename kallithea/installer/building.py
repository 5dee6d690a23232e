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

_PROGRAMS = {
    "cargo": ("compiler of Rust (cargo)", "Install cargo and rustc; docs/installation.md has where cargo finds crates."),
    "cmake": ("CMake (cmake)", "Install packages such as cmake and ninja-build."),
    "ninja": ("Ninja (ninja)", "Install a package such as ninja-build."),
}
"""What some sources take beside a compiler of C: what it is called, and what a person does."""
_SAYS_WHY = re.compile(r"\berror:? (?!subprocess-exited)(?=\S)|not found|cannot find", re.IGNORECASE)
_CRATES = "index.crates.io"
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
    for program, (called, hint) in _PROGRAMS.items():
        taking = ", ".join(name.partition("-")[0] for name in bundle.compiled_with(program, python))
        if taking and not shutil.which(program):
            raise Refused(f"There is no {called} here, and these are compiled: {taking}.", hint=hint)


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


def _told(name: str, output: str) -> Refused:
    hint = (
        "cargo fetches crates; docs/installation.md has where it finds them without a network." if _CRATES in output else None
    )
    return Refused(f"{name} cannot be compiled: {_said(output)}", hint=hint)


def _said(output: str) -> str:
    """What a compiler complains of: the first line that does."""
    lines = [line.strip(" |╰─>│") for line in output.splitlines()]
    complaints = (line for line in lines if _SAYS_WHY.search(line) and not line.startswith("warning: "))
    return next(complaints, lines[-1] if lines else "it said nothing")[:_LONGEST]
