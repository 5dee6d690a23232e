"""What a server says of itself to its administrators; who knows the process fills it in."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fact:
    """One line: what, and how it is."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class IniValue:
    """One setting of the ini file as it counts; secrets are not in it."""

    name: str
    value: str
    help: str
    is_default: bool


@dataclass(frozen=True, slots=True)
class SystemReport:
    """The server now."""

    versions: tuple[Fact, ...]
    places: tuple[Fact, ...]
    environment: tuple[Fact, ...]
    warnings: tuple[str, ...]
    settings: tuple[IniValue, ...]
    ini_file: str
