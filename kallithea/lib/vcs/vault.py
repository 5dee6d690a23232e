"""The folder with all repositories: opening, making, finding and discarding them by location.

A *location* is a path relative to the root, in `/` notation; the database keeps it. New repositories lie below `.store/`, so
that renaming one is a change of a row and never of a folder; adopted ones stay where they were found.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path

from kallithea.lib.vcs.backend import Backend, Store
from kallithea.lib.vcs.errors import RepositoryMissing
from kallithea.lib.vcs.locks import writer_lock
from kallithea.lib.vcs.objects import Kind

STORE = ".store"
DISCARDED = ".discarded"


class Vault:
    """All repositories below one folder; one per process, safe to share between threads."""

    def __init__(self, root: Path, stores: Mapping[Kind, Store]) -> None:
        self.root = root
        self._stores = stores

    def open(self, kind: Kind, location: str, *, publishing: bool = True) -> Backend:
        """The repository at a location; what is wrong with it shows at first use."""
        return self._stores[kind].open(self._folder(location), publishing=publishing)

    def create(self, kind: Kind) -> str:
        """Make an empty repository in a new place; returns its location."""
        location = f"{STORE}/{secrets.token_hex(8)}"
        folder = self._folder(location)
        folder.parent.mkdir(parents=True, exist_ok=True)
        self._stores[kind].open(folder).keeper.create()
        return location

    def discard(self, location: str, *, name: str, now: datetime) -> Path:
        """Move a repository out of the way, where an administrator can still find it; returns the new folder.

        Waits for a push that is under way (RepositoryBusy).
        """
        folder = self._folder(location)
        if not folder.is_dir():
            raise RepositoryMissing(f"The folder of {name} is not there.")
        grave = self.root / DISCARDED / f"{now:%Y%m%dT%H%M%S}-{secrets.token_hex(3)}-{name.replace('/', '__')}"
        grave.parent.mkdir(exist_ok=True)
        with writer_lock(folder):
            folder.rename(grave)
        return grave

    def find(self) -> Iterator[tuple[Kind, str]]:
        """Iterate over the repositories on disk that can be adopted: kind and location, in path order.

        Does not look into repositories, into folders whose name begins with a dot, nor through symbolic links.
        """
        yield from self._find_below(self.root)

    def close(self) -> None:
        """End all helper processes."""
        for store in self._stores.values():
            store.close()

    def _find_below(self, folder: Path) -> Iterator[tuple[Kind, str]]:
        with os.scandir(folder) as entries:
            found = sorted(e.name for e in entries if not e.name.startswith(".") and e.is_dir(follow_symlinks=False))
        for name in found:
            path = folder / name
            kind = next((kind for kind, store in self._stores.items() if store.recognises(path)), None)
            if kind is None:
                yield from self._find_below(path)
            else:
                yield kind, path.relative_to(self.root).as_posix()

    def _folder(self, location: str) -> Path:
        parts = location.split("/")
        if not location or any(part in ("", ".", "..") for part in parts):
            raise ValueError(f"not a location: {location!r}")
        return self.root.joinpath(*parts)
