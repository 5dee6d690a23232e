"""The lock: which version of everything a bundle has, with the hashes of its wheels.

One file for all platforms and Pythons, with markers, which pip understands too:
`pip install --require-hashes --only-binary :all: -r bundling/locks/requirements.txt` and then Kallithea's own wheel.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from bundling.own_wheel import LOCK, declared
from bundling.targets import Platform, environment

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
_HEADER = """\
# {what}, for every platform and Python. Written by `make locks`; wheels only.
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


def write() -> None:
    """Resolve anew, and write the locks."""
    LOCK.parent.mkdir(exist_ok=True)
    _write(LOCK, "What bundles are made of", [*declared(EXTRAS), "pip"])
    # What is built and what it is built with may need the same package.
    _write(TOOLS, "What sources in bundles are built with", BUILT_WITH, "--constraint", str(LOCK))


def _write(lock: Path, what: str, wanted: Sequence[str], *more: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        asked = Path(folder) / "asked.txt"
        asked.write_text("\n".join(wanted), encoding="utf-8")
        command = [sys.executable, "-m", "uv", "pip", "compile", "--universal", "--python-version", "3.10"]
        output = ["--no-python-downloads", "--generate-hashes", "--only-binary", ":all:", "--no-header", "--no-annotate"]
        resolve = [*command, *output, "--upgrade", *more, str(asked)]
        resolved = subprocess.run(resolve, check=True, stdout=subprocess.PIPE, text=True).stdout
    lock.write_text(_HEADER.format(what=what) + resolved, encoding="utf-8")


def _pin(line: str, markers: dict[str, str]) -> Pin | None:
    words, *hashes = re.split(r"\s+--hash=", line.strip())
    requirement = Requirement(words)
    if requirement.marker and not requirement.marker.evaluate(markers):
        return None
    version = str(requirement.specifier).removeprefix("==")
    return Pin(requirement.name, version, tuple(each.strip() for each in hashes))


if __name__ == "__main__":
    write()
