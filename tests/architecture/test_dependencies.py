"""What is imported is declared, what is declared is used, and has its reason."""

import ast
import importlib.metadata
import re
import sys
from pathlib import Path

TOP = Path(__file__).parents[2]

# Declared, and found by name in ini files rather than imported.
NAMED_IN_INI_FILES = {"gearbox", "pastedeploy", "waitress"}
# Declared, and found by zoneinfo where the system has no time zones.
DATA = {"tzdata"}


def test_every_imported_library_is_declared() -> None:
    assert _imported() <= _declared("REQUIRED") | _declared("EXTRAS")


def test_what_is_an_extra_is_imported_where_it_is_used_and_not_before() -> None:
    assert _imported(at_once=True) <= _declared("REQUIRED")


def test_every_declared_library_is_used() -> None:
    assert _declared("REQUIRED") - NAMED_IN_INI_FILES - DATA <= _imported()


def test_every_dependency_has_its_reason_in_the_decision_record() -> None:
    record = _normal((TOP / "docs" / "adr" / "0002-dependencies.md").read_text(encoding="utf-8"))
    declared = _declared("REQUIRED") | _declared("EXTRAS")
    assert {name for name in declared if not re.search(rf"^\|[^|]*\b{re.escape(name)}\b", record, re.MULTILINE)} == set()


def _declared(table: str) -> set[str]:
    """The distributions that a table in setup.py names."""
    for node in ast.parse((TOP / "setup.py").read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == table:
            value = ast.literal_eval(node.value)
            lines = value if isinstance(value, list) else [line for extra in value.values() for line in extra]
            return {_normal(re.split(r"[\s\[<>=]", line)[0]) for line in lines}
    raise AssertionError(f"setup.py has no {table}")


def _imported(*, at_once: bool = False) -> set[str]:
    """The distributions that the package imports from: anywhere in it, or when its modules are imported."""
    providers = importlib.metadata.packages_distributions()
    names = _imported_names(at_once=at_once)
    return {_normal(providers[name][0]) for name in names - sys.stdlib_module_names - {"kallithea"}}


def _imported_names(*, at_once: bool) -> set[str]:
    names: set[str] = set()
    for path in (TOP / "kallithea").rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in tree.body if at_once else ast.walk(tree):
            if isinstance(node, ast.Import):
                names.update(alias.name.partition(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                names.add(node.module.partition(".")[0])
    return names


def _normal(name: str) -> str:
    return name.lower().replace("_", "-")
