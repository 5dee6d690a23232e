"""Who may import whom, as the floor plan has it; the contracts are in pyproject.toml."""

import ast
from pathlib import Path

import pytest
from importlinter.cli import lint_imports

TOP = Path(__file__).parents[2]
PACKAGE = TOP / "kallithea"

# Besides the vault, which runs git: who starts a program, and why.
STARTERS = {
    "kallithea/front_end_build.py": "npm builds the front end",
}


def test_the_contracts_hold(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(TOP)
    broken = lint_imports(no_cache=True)
    assert not broken, capsys.readouterr().out


def test_only_the_vault_starts_programs() -> None:
    starters = {str(path.relative_to(TOP)) for path in PACKAGE.rglob("*.py") if "subprocess" in _imported(path)}
    assert {name for name in starters if not name.startswith("kallithea/lib/vcs/")} == set(STARTERS)


def _imported(path: Path) -> set[str]:
    """The top-level names that a module imports, anywhere in it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.partition(".")[0])
    return names
