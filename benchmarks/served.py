"""What `benchmarks.pages` has uWSGI serve: `application`, ours or a peer's, as two variables say."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from benchmarks.peers import APPLICATIONS, FOLDER, OURS, WHAT
from kallithea.config.limits import collect_rarely, let_threads_take_turns
from kallithea.config.web import wsgi_chain
from tests.clients import process


def _made(what: str, folder: str) -> Any:
    if what != OURS:
        return APPLICATIONS[what](folder)
    collect_rarely()
    let_threads_take_turns()
    return wsgi_chain(process.build(Path(folder)))


application = _made(os.environ[WHAT], os.environ[FOLDER])
