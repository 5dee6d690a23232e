"""The audit log is only ever added to: no code changes an entry, and one place, which says so itself, deletes old ones."""

from __future__ import annotations

import ast
from pathlib import Path

import kallithea
from kallithea.model import AuditEntry

PACKAGE = Path(kallithea.__file__).parent
PRUNES = "services/audit_pruning.py"
ADDS = {"services/audit.py"}
READS = {"services/audit_search.py", "services/audit_export.py", "controllers/admin/activity.py"}
DECLARES = {"model/__init__.py"}
COLUMNS = {column.name for column in AuditEntry.__table__.columns}


def trees() -> dict[str, ast.Module]:
    paths = [path for path in PACKAGE.rglob("*.py") if "migrations" not in path.parts]
    return {path.relative_to(PACKAGE).as_posix(): ast.parse(path.read_text(encoding="utf-8")) for path in paths}


def names(tree: ast.AST) -> set[str]:
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} | {
        alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names
    }


def called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def changes(tree: ast.Module) -> list[str]:
    """What in a module that knows the table could change or delete rows."""
    found = [f"{called(n)}()" for n in ast.walk(tree) if isinstance(n, ast.Call) and called(n) in ("update", "delete", "merge")]
    for node in ast.walk(tree):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AugAssign) else []
        found += [f".{t.attr} =" for t in targets if isinstance(t, ast.Attribute) and t.attr in COLUMNS]
    return found


def test_few_modules_know_the_table() -> None:
    assert {name for name, tree in trees().items() if "AuditEntry" in names(tree)} == {PRUNES, *ADDS, *READS, *DECLARES}


def test_none_of_them_changes_an_entry_and_one_deletes() -> None:
    found = {name: changes(tree) for name, tree in trees().items() if name in {PRUNES, *ADDS, *READS, *DECLARES}}

    assert {name: said for name, said in found.items() if said} == {PRUNES: ["delete()"]}


def test_no_code_names_the_table_in_sql() -> None:
    said = [
        name
        for name, tree in trees().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and "audit_entry" in node.value
    ]

    assert set(said) == {"model/audit_entry.py"}


def test_who_deletes_writes_it_down() -> None:
    assert '"audit.prune"' in (PACKAGE / PRUNES).read_text(encoding="utf-8")


def test_only_a_command_prunes() -> None:
    users = {name for name, tree in trees().items() if "audit_pruning" in ast.unparse(tree)}

    assert users == {"services/scope.py", "cli/audit.py"}
