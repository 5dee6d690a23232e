"""Runs Mercurial's own commands in processes that can be ended, without anybody's settings."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from kallithea.lib.vcs.backend import StopSignal
from kallithea.lib.vcs.background import run_aside
from kallithea.lib.vcs.hg.pool import import_path, python

PROGRAM = "from mercurial import dispatch; dispatch.run()"
SETTINGS = (
    "ui.nontty=yes",
    "ui.interactive=no",
    "ui.report_untrusted=no",
    "ui.timeout=30",
    "progress.disable=yes",
    "worker.enabled=no",
    "storage.revlog.persistent-nodemap.slow-path=allow",
)


def run_hg(*arguments: str, stop: StopSignal | None, inherited: Sequence[int] = ()) -> bytes:
    """What an hg command prints. Raises MaintenanceFailed, MaintenanceStopped."""
    settings = [word for setting in SETTINGS for word in ("--config", setting)]
    command = [python(), "-c", PROGRAM, *settings, *arguments]
    return run_aside(command, environment=environment(), stop=stop, inherited=inherited)


def environment() -> dict[str, str]:
    """Nobody's settings, not even those inside the repository: they could run programs."""
    kept = {name: os.environ[name] for name in ("PATH", "TMPDIR", "LD_LIBRARY_PATH", "VIRTUAL_ENV") if name in os.environ}
    return {
        **kept,
        "HGPLAIN": "1",
        "HGRCPATH": "",
        "HGRCSKIPREPO": "1",
        "HGENCODING": "utf-8",
        "LC_ALL": "C",
        "PYTHONPATH": os.pathsep.join(filter(None, (import_path(), *sys.path))),
    }
