"""Proof of access comes from one place: nothing but AccessControl makes a grant."""

from __future__ import annotations

import ast
from pathlib import Path

import kallithea

PACKAGE = Path(kallithea.__file__).parent
PROOFS = {"ReadGrant", "WriteGrant", "AdminGrant", "CreateGrant", "MembersGrant", "UserGroupGrant"}


def makers() -> set[str]:
    """The modules that call a class of proof, with or without its type argument."""
    found = set()
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                called = node.func.value if isinstance(node.func, ast.Subscript) else node.func
                name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
                if name in PROOFS:
                    found.add(path.relative_to(PACKAGE).as_posix())
    return found


def test_nothing_but_access_control_makes_a_grant() -> None:
    assert makers() == {"services/access/control.py"}
