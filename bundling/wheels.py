"""Wheels from an index, for a platform and a Python that need not be these here."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from packaging.utils import canonicalize_name

from bundling.locks import Pin, pins
from bundling.own_wheel import settled
from bundling.targets import SOURCES, Platform

PURE = {"mercurial": "--pure"}
"""What can be had without C where there is no wheel, and the option that asks for it."""

LEFT_OUT = {"google-re2"}
"""What only an extra needs, and a bundle goes without where there is no wheel of it."""


@dataclass(frozen=True)
class Downloaded:
    """What there is for a platform and a Python."""

    wheels: Sequence[Path]
    missing: Sequence[str]
    """Packages that have no wheel for it."""
    sdists: Sequence[Path] = ()
    """What is compiled where it is installed."""
    tools: Sequence[Path] = ()
    """What that is built with."""

    @property
    def files(self) -> Sequence[Path]:
        return [*self.wheels, *self.sdists, *self.tools]


def download(platform: Platform, python: str, folder: Path) -> Downloaded:
    """Bring everything that is locked into a folder, which may hold some already."""
    return bring(pins(platform, python), platform, python, folder)


def bring(wanted: Sequence[Pin], platform: Platform, python: str, folder: Path) -> Downloaded:
    """Bring these wheels into a folder, which may hold some already."""
    own = folder / f"{platform.name}-{python}"
    own.mkdir(parents=True, exist_ok=True)
    found = {pin: wheel for pin in wanted if (wheel := _found(pin, own))}
    rest = [pin for pin in wanted if pin not in found]
    # Each time without the package that stopped it.
    while rest and (lacking := _pip(platform, python, rest, own)):
        rest = [pin for pin in rest if canonicalize_name(pin.name) != lacking]
    found |= {pin: wheel for pin in rest if (wheel := _found(pin, own))}
    pure = PURE if platform is not SOURCES else {}
    for pin in (pin for pin in wanted if pin not in found and pin.name in pure):
        found[pin] = _pure(pin, folder)
    missing = sorted(pin.name for pin in wanted if pin not in found and pin.name not in LEFT_OUT)
    return Downloaded(sorted(found.values()), missing)


def _pure(pin: Pin, folder: Path) -> Path:
    """A wheel without C, for any platform, built from the sources that the lock knows; built once."""
    path = folder / f"{pin.name}-{pin.version}-py3-none-any.whl"
    if not path.exists():
        with tempfile.TemporaryDirectory() as work:
            requirement = Path(work) / "requirements.txt"
            requirement.write_text(f"{pin.line} --config-settings=--global-option={PURE[pin.name]}\n", encoding="utf-8")
            command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check", "--no-deps"]
            only = ["--no-binary", pin.name, "--require-hashes", "--wheel-dir", work, "-r", str(requirement)]
            subprocess.run([*command, *only], check=True, env={**os.environ, "SOURCE_DATE_EPOCH": "1577836800"})
            settled(Path(work) / path.name, path)
    return path


def _found(pin: Pin, folder: Path) -> Path | None:
    """The wheel of exactly this version, if it is one that the lock knows."""
    for wheel in folder.glob("*.whl"):
        name, version = wheel.name.split("-")[:2]
        if canonicalize_name(name) == canonicalize_name(pin.name) and version == pin.version:
            return wheel if f"sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}" in pin.hashes else None
    return None


def _pip(platform: Platform, python: str, wanted: Sequence[Pin], folder: Path) -> str | None:
    """None when pip brought all of them, or the name of one that has no wheel for this platform and Python."""
    version = python.replace(".", "")
    target = ["--python-version", python, "--implementation", "cp", "--abi", f"cp{version}", "--abi", "abi3", "--abi", "none"]
    tags = [word for tag in platform.tags for word in ("--platform", tag)]
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    # In a folder of its own, as somebody else may bring wheels into the same one.
    with tempfile.TemporaryDirectory() as work:
        requirements = Path(work) / "requirements.txt"
        requirements.write_text("".join(f"{pin.line}\n" for pin in wanted), encoding="utf-8")
        only = ["--only-binary", ":all:", "--require-hashes", "--dest", str(folder), "-r", str(requirements)]
        ended = subprocess.run([*command, *target, *tags, *only], capture_output=True, text=True, check=False)
    if ended.returncode == 0:
        return None
    if lacking := re.search(r"No matching distribution found for ([^=\s]+)==", ended.stderr):
        return canonicalize_name(lacking[1])
    raise RuntimeError(ended.stderr)
