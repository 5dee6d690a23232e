"""Who may import whom, as the floor plan has it; the contracts are in pyproject.toml."""

import ast
import subprocess
import sys
from pathlib import Path

TOP = Path(__file__).parents[2]
PACKAGE = TOP / "kallithea"

# Besides the vault, which runs git: who starts a program, and why.
STARTERS = {
    "kallithea/front_end_build.py": "npm builds the front end",
    "kallithea/installer/environment.py": "the environment of a release is made by its Python and pip",
    "kallithea/installer/running.py": "ps says what runs, where there is no /proc",
    "kallithea/installer/services.py": "the service manager restarts what serves",
    "kallithea/installer/start_check.py": "a release is started once before it is switched to",
    "kallithea/lib/signing/programs.py": "gpg and openssl judge signatures",
    "kallithea/selfcheck/programs.py": "the self-check runs git and hg as people do",
}


def test_the_contracts_hold() -> None:
    # In a process of its own, as it sets up logging for itself.
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as main; main()", "--no-cache"]
    ended = subprocess.run(command, cwd=TOP, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr


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
