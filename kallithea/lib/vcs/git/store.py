"""All git repositories of this process."""

from __future__ import annotations

from pathlib import Path

from kallithea.lib.errors import KallitheaError
from kallithea.lib.vcs.answers import AnswerCache
from kallithea.lib.vcs.archives import ArchiveCache
from kallithea.lib.vcs.backend import Backend
from kallithea.lib.vcs.git.command import Git
from kallithea.lib.vcs.git.folder import Folders
from kallithea.lib.vcs.git.keeper import GitKeeper, is_repository
from kallithea.lib.vcs.git.object_pool import ObjectPool
from kallithea.lib.vcs.git.reader import FEATURES, GitReader
from kallithea.lib.vcs.git.server import GitServer
from kallithea.lib.vcs.git.tallying import GitCounter
from kallithea.lib.vcs.last_changes import ChangesMemory
from kallithea.lib.vcs.locks import PATIENCE
from kallithea.lib.vcs.objects import Kind


class GitStore:
    """Fulfils `Store` for git: what the process remembers of its repositories, and what it has open.

    `patience` is how many seconds a push waits for another one.
    """

    kind = Kind.GIT

    def __init__(self, cache: Path, git_path: str = "git", *, patience: float = PATIENCE) -> None:
        self._changes = ChangesMemory(cache / "last-changes")
        self._archives = ArchiveCache(cache / "archives")
        self._answers = AnswerCache(cache / "answers")
        self._git = Git(git_path)
        self._folders = Folders(self._git)
        self._pool = ObjectPool()
        self._patience = patience

    def recognises(self, path: Path) -> bool:
        return is_repository(path)

    def open(self, path: Path, *, publishing: bool = True) -> Backend:
        """The repository in a folder. `publishing` means nothing to git, which has no phases."""
        del publishing
        folder = self._folders.at(path)
        reader = GitReader(folder, self._pool, self._changes, self._archives)
        return Backend(
            kind=self.kind,
            path=path,
            features=FEATURES,
            reader=reader,
            keeper=GitKeeper(folder),
            server=GitServer(folder, reader.peel, self._answers, patience=self._patience),
            counter=GitCounter(folder),
        )

    def warm(self) -> None:
        """git starts by itself."""

    def program(self) -> str:
        try:
            return f"git {'.'.join(map(str, self._git.version()))}"
        except KallitheaError as error:
            return f"git {error.message}"

    def close(self) -> None:
        self._pool.close()
