"""All hg repositories of this process."""

from __future__ import annotations

from pathlib import Path

from mercurial import util

from kallithea.lib.vcs.archives import ArchiveCache
from kallithea.lib.vcs.backend import Backend
from kallithea.lib.vcs.hg.keeper import HgKeeper
from kallithea.lib.vcs.hg.pool import HelperPool
from kallithea.lib.vcs.hg.queries import Queries
from kallithea.lib.vcs.hg.reader import FEATURES, HgReader
from kallithea.lib.vcs.hg.server import HgServer
from kallithea.lib.vcs.hg.sessions import Nursery
from kallithea.lib.vcs.hg.tallying import HgCounter
from kallithea.lib.vcs.last_changes import ChangesMemory
from kallithea.lib.vcs.objects import Kind


class HgStore:
    """Opens hg repositories, which share one pool of helper processes."""

    kind = Kind.HG

    def __init__(self, cache: Path, helpers: int) -> None:
        self._pool = HelperPool(helpers, cache / "incoming")
        self._nursery = Nursery(cache / "incoming")
        self._queries = Queries(cache / "incoming")
        self._changes = ChangesMemory(cache / "last-changes")
        self._archives = ArchiveCache(cache / "archives")

    def recognises(self, path: Path) -> bool:
        inside = path / ".hg"
        return (inside / "requires").is_file() or (inside / "store").is_dir()

    def open(self, path: Path, *, publishing: bool = True) -> Backend:
        return Backend(
            kind=self.kind,
            path=path,
            features=FEATURES,
            reader=HgReader(path, publishing=publishing, changes=self._changes, archives=self._archives, queries=self._queries),
            keeper=HgKeeper(path),
            server=HgServer(path, publishing, self._pool, self._nursery),
            counter=HgCounter(path, publishing=publishing),
        )

    def warm(self) -> None:
        self._nursery.warm()

    def program(self) -> str:
        return f"Mercurial {util.version().decode('ascii', 'replace')}"

    def close(self) -> None:
        self._pool.close()
        self._queries.close()
        self._nursery.close()
