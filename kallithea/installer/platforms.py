"""What machine this is, in the words of bundles."""

from __future__ import annotations

import platform
import sys
from dataclasses import dataclass

_SYSTEMS = {"linux": "linux", "darwin": "macos", "win32": "windows"}
_MACHINES = {"amd64": "x86_64", "x86_64": "x86_64", "aarch64": "aarch64", "arm64": "arm64"}


@dataclass(frozen=True)
class Machine:
    """Where a bundle is started."""

    platform: str
    """As in the name of a bundle, such as linux-x86_64."""
    python: str
    """Such as 3.11."""
    libc: tuple[int, ...] | None = None
    """The version of glibc, on Linux."""

    @classmethod
    def this(cls) -> Machine:
        """The one that this runs on."""
        system = _SYSTEMS.get(sys.platform, sys.platform)
        machine = platform.machine().lower()
        name = _MACHINES.get(machine, machine)
        python = f"{sys.version_info.major}.{sys.version_info.minor}"
        if sys.implementation.name != "cpython":
            python = f"{python} ({sys.implementation.name})"
        return cls(f"{system}-{name}", python, _glibc() if system == "linux" else None)


def _glibc() -> tuple[int, ...]:
    kind, version = platform.libc_ver()
    # Other libraries, such as musl, cannot use these wheels: older than any glibc.
    return tuple(int(part) for part in version.split(".")[:2]) if kind == "glibc" and version else (0,)
