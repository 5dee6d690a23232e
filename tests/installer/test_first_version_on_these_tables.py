"""The first tagged version works on the tables of this one: its own tests of pages, forms and pushes pass there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.installer import houses
from tests.installer.machines import FULL_SIZE

# That a page and a push work there, every run sees (test_upgrade.py).
SUITES = ("tests/functional", "tests/doors", "tests/clients") if FULL_SIZE else ("tests/functional/test_first_day.py",)
_NEWER = """
import subprocess

def upgrade(engine):
    code = "import sys; from kallithea.config import database as d; d.upgrade(d.make_engine(sys.argv[1]))"
    url = engine.url.render_as_string(hide_password=False)
    subprocess.run([{python!r}, "-I", "-c", code, url], check=True)
"""


@pytest.fixture(name="code", scope="module")
def _code(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The code of that version, whose tests have the tables made by the code of this one."""
    folder = tmp_path_factory.mktemp("first")
    new = houses.environment(houses.TOP, folder / "new")
    code = houses.code_of(f"v{houses.FIRST}", folder / "code")
    (code / "tests" / "newer.py").write_text(_NEWER.format(python=str(new / "bin" / "python")))
    for name in ("worlds.py", "clients/process.py"):
        path = code / "tests" / name
        text = path.read_text()
        changed = re.sub(r"\b(database\.)?upgrade\(engine\)", "newer.upgrade(engine)", text)
        assert changed != text
        path.write_text(changed.replace("\nfrom kallithea", "\nfrom tests import newer\nfrom kallithea", 1))
    return code


@pytest.mark.parametrize("suite", SUITES)
def test_its_own_tests_pass(code: Path, suite: str) -> None:
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "KALLITHEA"))}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", suite]
    ended = subprocess.run(
        command, cwd=code, env={**environ, "PYTHONPATH": str(code)}, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stdout[-4000:] + ended.stderr[-2000:]
