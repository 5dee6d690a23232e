"""The revisions are found without Alembic, and are those that Alembic finds."""

from __future__ import annotations

import subprocess
import sys

from alembic.script import ScriptDirectory

from kallithea.config import revisions


def test_alembic_finds_the_same_revisions() -> None:
    scripts = ScriptDirectory(str(revisions.VERSIONS.parent))

    assert set(revisions.known()) == {script.revision for script in scripts.walk_revisions()}
    assert revisions.heads() == set(scripts.get_heads())


def test_a_server_starts_without_what_only_some_need() -> None:
    late = ("alembic", "docutils", "celery", "redis", "prometheus_client", "click")
    program = f"import sys, kallithea.config.application; print([name for name in {late} if name in sys.modules])"

    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=120)

    assert said.stdout.strip() == "[]"
