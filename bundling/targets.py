"""For which platforms and Pythons there are bundles, in the words of pip and of markers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

PYTHONS = ("3.10", "3.11", "3.12", "3.13", "3.14")


@dataclass(frozen=True)
class Platform:
    """A system and its processor."""

    name: str
    tags: Sequence[str]
    """Platform tags of wheels that work there."""
    markers: Mapping[str, str]
    oldest_libc: tuple[int, int] | None = None


def _linux(machine: str) -> Platform:
    # 2.28 is what Debian 10, RHEL 8 and everything since have.
    minors = (28, 27, 26, 24, 17, 12, 5)
    names = {17: "manylinux2014", 12: "manylinux2010", 5: "manylinux1"}
    tags = [f"{tag}_{machine}" for minor in minors for tag in (f"manylinux_2_{minor}", names.get(minor)) if tag]
    markers = {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix", "platform_machine": machine}
    return Platform(f"linux-{machine}", [*tags, f"linux_{machine}"], markers, oldest_libc=(2, 28))


def _macos(machine: str) -> Platform:
    # pip itself adds the older ones.
    markers = {"sys_platform": "darwin", "platform_system": "Darwin", "os_name": "posix", "platform_machine": machine}
    return Platform(f"macos-{machine}", [f"macosx_14_0_{machine}"], markers)


WINDOWS = Platform(
    "windows-x86_64",
    ["win_amd64"],
    {"sys_platform": "win32", "platform_system": "Windows", "os_name": "nt", "platform_machine": "AMD64"},
)
SOURCES = Platform(
    "sources",
    ["any"],
    # Whatever machine it is, it is something like this.
    {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix", "platform_machine": "other"},
)
"""No platform: wheels that work everywhere, and the sources of all else."""
PLATFORMS = {
    platform.name: platform for platform in (_linux("x86_64"), _linux("aarch64"), _macos("arm64"), _macos("x86_64"), WINDOWS)
}
"""What there are wheels for."""


def environment(platform: Platform, python: str) -> dict[str, str]:
    """What markers are evaluated with."""
    return {
        **platform.markers,
        "python_version": python,
        # The newest release of a series: markers such as < '3.11.3' are about old ones of it.
        "python_full_version": f"{python}.99",
        "implementation_name": "cpython",
        "implementation_version": f"{python}.99",
        "platform_python_implementation": "CPython",
        "platform_release": "",
        "platform_version": "",
        "extra": "",
    }
