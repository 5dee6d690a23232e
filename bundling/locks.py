"""The lock: which version of everything a bundle has, with the hashes of its wheels.

One file for all platforms and Pythons, with markers, which pip understands too:
`pip install --require-hashes --only-binary :all: -r bundling/locks/requirements.txt` and then Kallithea's own wheel.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from bundling.own_wheel import LOCK, declared
from bundling.targets import PLATFORMS, Platform, environment

EXTRAS = (
    "postgresql",
    "mysql",
    "redis",
    "metrics",
    "passkeys",
    "zstd",
    "ldap",
    "oidc",
    "pam",
    "celery",
    "issue-patterns",
    "iis",
)
"""What a bundle holds beside what Kallithea always needs."""
TOOLS = LOCK.with_name("tools.txt")
BUILT_WITH = ("setuptools", "setuptools-scm", "setuptools-rust", "wheel", "maturin", "cffi", "cython", "scikit-build-core")
"""What sources in bundles are built with."""
LEFT_BEHIND = PLATFORMS["macos-x86_64"]
"""Where the newest of some packages has no wheel any more: it gets the last versions that have one, no other platform does."""
_HEADER = """\
# {what}, for every platform and Python. Written by `make locks`; wheels only.
"""
_MORE_OF_HEADER = """\
# What is for x86_64 but neither Linux nor Windows is for macOS on Intel: the last versions with wheels for it (docs/adr/0048).
"""
_SETTINGS = """\
[tool.uv]
required-environments = ["sys_platform == '{sys_platform}' and platform_machine == '{platform_machine}'"]
"""


class NotLocked(Exception):
    """The lock does not fit what setup.py asks for."""


@dataclass(frozen=True)
class Pin:
    """One version of one package, with the hashes of its files."""

    name: str
    version: str
    hashes: tuple[str, ...]

    @property
    def line(self) -> str:
        """As a requirement for pip."""
        return " ".join([f"{self.name}=={self.version}", *(f"--hash={each}" for each in self.hashes)])


def pins(platform: Platform, python: str, lock: Path = LOCK) -> Sequence[Pin]:
    """What is installed on a platform and a Python."""
    text = lock.read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [pin for line in lines if (pin := _pin(line, environment(platform, python)))]


def check_current() -> None:
    """Raise NotLocked where setup.py asks for something that the lock has not."""
    locked: dict[str, list[str]] = {}
    for line in re.findall(r"^[a-z0-9].*$", LOCK.read_text(encoding="utf-8"), re.MULTILINE):
        requirement = Requirement(line.rstrip("\\ "))
        locked.setdefault(canonicalize_name(requirement.name), []).append(str(requirement.specifier).removeprefix("=="))
    for wanted in map(Requirement, declared(EXTRAS)):
        versions = locked.get(canonicalize_name(wanted.name), [])
        if not versions or not all(wanted.specifier.contains(version) for version in versions):
            raise NotLocked(f"setup.py asks for {wanted}, and {LOCK.name} has {versions or 'nothing'}: run `make locks`.")


def write(*, upgrade: bool) -> None:
    """Resolve, and write the locks; what is locked keeps its version unless it does not fit any more, or `upgrade` is asked."""
    LOCK.parent.mkdir(exist_ok=True)
    more = ["--upgrade"] if upgrade else []
    _write(LOCK, _HEADER.format(what="What bundles are made of") + _MORE_OF_HEADER, [*declared(EXTRAS), "pip"], *more)
    # What is built and what it is built with may need the same package.
    tools = _HEADER.format(what="What sources in bundles are built with")
    _write(TOOLS, tools, BUILT_WITH, "--constraint", str(LOCK), *more)


def _write(lock: Path, header: str, wanted: Sequence[str], *more: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        asked, resolved = Path(folder) / "asked.txt", Path(folder) / lock.name
        asked.write_text("\n".join(wanted), encoding="utf-8")
        (Path(folder) / "pyproject.toml").write_text(_SETTINGS.format(**LEFT_BEHIND.markers), encoding="utf-8")
        if lock.exists():
            shutil.copy(lock, resolved)
        command = [sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--universal", "--python-version", "3.10"]
        output = ["--no-python-downloads", "--generate-hashes", "--only-binary", ":all:", "--no-header", "--no-annotate"]
        subprocess.run([*command, *output, *more, "--output-file", resolved.name, asked.name], check=True, cwd=folder)
        lock.write_text(header + resolved.read_text(encoding="utf-8"), encoding="utf-8")


def _pin(line: str, markers: dict[str, str]) -> Pin | None:
    words, *hashes = re.split(r"\s+--hash=", line.strip())
    requirement = Requirement(words)
    if requirement.marker and not requirement.marker.evaluate(markers):
        return None
    version = str(requirement.specifier).removeprefix("==")
    return Pin(requirement.name, version, tuple(each.strip() for each in hashes))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bundling.locks")
    parser.add_argument("--upgrade", action="store_true", help="the newest versions that fit, instead of those that are locked")
    write(upgrade=parser.parse_args().upgrade)
