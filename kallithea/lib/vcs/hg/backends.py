"""What opens hg repositories, and imports Mercurial for it."""

from __future__ import annotations

from pathlib import Path

from kallithea.lib.vcs.answers import AnswerCache
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


class HgBackends:
    """One for a process, with what its repositories share."""

    def __init__(self, cache: Path, pool: HelperPool, nursery: Nursery) -> None:
        self._pool = pool
        self._nursery = nursery
        self._queries = Queries(cache / "incoming")
        self._changes = ChangesMemory(cache / "last-changes")
        self._archives = ArchiveCache(cache / "archives")
        self._answers = AnswerCache(cache / "answers")

    def open(self, path: Path, *, publishing: bool) -> Backend:
        return Backend(
            kind=Kind.HG,
            path=path,
            features=FEATURES,
            reader=HgReader(path, publishing=publishing, changes=self._changes, archives=self._archives, queries=self._queries),
            keeper=HgKeeper(path),
            server=HgServer(path, publishing, self._pool, self._nursery, self._answers),
            counter=HgCounter(path, publishing=publishing),
        )

    def close(self) -> None:
        self._queries.close()
