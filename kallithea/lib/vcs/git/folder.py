"""What this process remembers of one git repository on disk, shared by its threads."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from pathlib import Path
from typing import Generic, TypeVar

from kallithea.lib.vcs.errors import RepositoryMissing
from kallithea.lib.vcs.git.command import Git
from kallithea.lib.vcs.git.configuration import CONFIG, MUST_NOT_EXIST, object_format, read_settings, refuse_unsafe
from kallithea.lib.vcs.git.positions import Position
from kallithea.lib.vcs.git.refs import ABSENT, RefSnapshot, RefWatch, Stamp, stamp
from kallithea.lib.vcs.objects import Commit, CommitId, Refs, TreeEntry
from kallithea.lib.vcs.walks import Children, Divergence

K = TypeVar("K")
V = TypeVar("V")


class Memory(Generic[K, V]):
    """A dictionary of bounded size for what never changes; when it is full it forgets everything at once.

    Single operations on a dictionary are safe between threads, and that is all it uses.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._known: dict[K, V] = {}

    def get(self, key: K) -> V | None:
        return self._known.get(key)

    def put(self, key: K, value: V) -> None:
        if len(self._known) >= self._limit:
            self._known = {}
        self._known[key] = value


class Folder:
    """One repository's folder: whether git may touch it, its refs, and what was read from it before."""

    def __init__(self, path: Path, git: Git) -> None:
        self.path = path
        self.git = git
        self._watch = RefWatch(path)
        self._checked: tuple[tuple[Stamp, ...], str] | None = None
        self._forget()

    def _forget(self) -> None:
        self.commits: Memory[str, Commit] = Memory(4_000)
        self.sizes: Memory[str, int] = Memory(50_000)
        self.trees: Memory[tuple[str, bytes], tuple[TreeEntry, ...]] = Memory(100)
        self.refs: tuple[RefSnapshot, Refs] | None = None
        self.peeled: Memory[str, CommitId | None] = Memory(300_000)
        self.counts: Memory[tuple[tuple[CommitId, ...], int], int] = Memory(1_000)
        self.times: Memory[str, float] = Memory(300_000)
        self.divergences: Memory[tuple[CommitId, CommitId], Divergence] = Memory(20_000)
        self.positions: Memory[tuple[tuple[CommitId, ...], int], Position] = Memory(1_000)
        self.children: Memory[tuple[str, str], Children] = Memory(1_000)

    def object_format(self) -> str:
        """The hash that names the objects here, known after the configuration passed its check.

        Costs a few stat calls while the file stays as it was. Raises RepositoryMissing, UnsafeConfiguration.
        """
        now = self._configuration_stamp()
        if self._checked is None or self._checked[0] != now:
            settings = read_settings(self.git, self.path)
            refuse_unsafe(self.path, settings)
            self._forget()  # it may be another repository by now
            self._checked = (now, object_format(settings))
        return self._checked[1]

    def fingerprint(self) -> str:
        """Changes when any ref moves."""
        return self._watch.look().fingerprint

    def stamps_of_refs(self) -> list[Stamp]:
        """Change whenever a ref is written, also if it comes back to what it was."""
        return self._watch.stamps()

    def stamp_of_settings(self) -> tuple[Stamp, Stamp]:
        """Changes when the configuration does, or where the history was cut off (gitrepository-layout(5), `shallow`)."""
        return stamp(f"{self.path}/{CONFIG}"), stamp(f"{self.path}/shallow")

    def snapshot(self) -> RefSnapshot:
        """All refs, read again only if something moved."""
        return self._watch.look().snapshot

    def _configuration_stamp(self) -> tuple[Stamp, ...]:
        base = os.fspath(self.path)
        found = stamp(f"{base}/{CONFIG}")
        objects = stamp(f"{base}/objects")
        if ABSENT in (found, objects):
            raise RepositoryMissing("The repository is not on the disk of the server.")
        same_place = (0, objects[1], 0)
        return (found, same_place, *(stamp(f"{base}/{name}") for name in MUST_NOT_EXIST))


class Folders:
    """The folders in use; the ones not used for long are forgotten."""

    def __init__(self, git: Git, limit: int = 200) -> None:
        self._git = git
        self._limit = limit
        self._folders: OrderedDict[Path, Folder] = OrderedDict()
        self._lock = threading.Lock()

    def at(self, path: Path) -> Folder:
        with self._lock:
            folder = self._folders.pop(path, None) or Folder(path, self._git)
            self._folders[path] = folder
            while len(self._folders) > self._limit:
                self._folders.popitem(last=False)
        return folder

    def forget(self, path: Path) -> None:
        with self._lock:
            self._folders.pop(path, None)
