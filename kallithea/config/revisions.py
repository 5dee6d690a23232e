"""The revisions that this release has migrations for, read without Alembic, whose import is a good part of a start."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from pathlib import Path
from typing import Any

VERSIONS = Path(__file__).resolve().parent.parent / "migrations" / "versions"


def known() -> Mapping[str, tuple[str, ...]]:
    """Each revision, and those that it follows."""
    found = {}
    for file in sorted(VERSIONS.glob("*.py")):
        said = _constants(file)
        before = said.get("down_revision")
        found[str(said["revision"])] = tuple(before) if isinstance(before, (tuple, list)) else (before,) if before else ()
    return found


def heads() -> set[str]:
    """The newest revisions: those that no other one follows."""
    revisions = known()
    return set(revisions) - {before for follows in revisions.values() for before in follows}


def _constants(file: Path) -> dict[str, Any]:
    """What a migration says about itself, in lines such as `revision = "0001"`."""
    found: dict[str, Any] = {}
    for line in file.read_text(encoding="utf-8").splitlines():
        name, separator, value = line.partition(" = ")
        if separator and name.partition(":")[0] in ("revision", "down_revision"):
            found[name.partition(":")[0]] = ast.literal_eval(value)
    return found
