"""All hg repositories of this process."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

from kallithea.lib.vcs.backend import Backend
from kallithea.lib.vcs.hg.pool import HelperPool
from kallithea.lib.vcs.hg.sessions import Nursery
from kallithea.lib.vcs.objects import Kind

if TYPE_CHECKING:
    from kallithea.lib.vcs.hg.backends import HgBackends


class HgStore:
    """Opens hg repositories, which share one pool of helper processes. The first imports Mercurial (ADR 0058)."""

    kind = Kind.HG

    def __init__(self, cache: Path, helpers: int) -> None:
        self._cache = cache
        self._pool = HelperPool(helpers, cache / "incoming")
        self._nursery = Nursery(cache / "incoming")
        self._lock = threading.Lock()
        self._made: HgBackends | None = None

    def recognises(self, path: Path) -> bool:
        inside = path / ".hg"
        return (inside / "requires").is_file() or (inside / "store").is_dir()

    def open(self, path: Path, *, publishing: bool = True) -> Backend:
        return (self._made or self._backends()).open(path, publishing=publishing)

    def warm(self) -> None:
        self._nursery.warm()

    def program(self) -> str:
        from mercurial import util

        return f"Mercurial {util.version().decode('ascii', 'replace')}"

    def close(self) -> None:
        self._pool.close()
        self._nursery.close()
        if self._made is not None:
            self._made.close()

    def _backends(self) -> HgBackends:
        with self._lock:
            if self._made is None:
                from kallithea.lib.vcs.hg.backends import HgBackends

                self._made = HgBackends(self._cache, self._pool, self._nursery)
            return self._made
