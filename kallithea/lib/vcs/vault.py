"""The folder with all repositories: opening, making, finding and discarding them by location.

A *location* is a path relative to the root, in `/` notation; the database keeps it. New repositories lie below `.store/`, so
that renaming one is a change of a row and never of a folder; adopted ones stay where they were found.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from functools import lru_cache
from pathlib import Path
from typing import cast

from kallithea.lib.vcs.backend import Backend, Reader, StopSignal, Store
from kallithea.lib.vcs.errors import RepositoryBusy, RepositoryMissing
from kallithea.lib.vcs.flushing import sync_folder, sync_path
from kallithea.lib.vcs.growing import bytes_below
from kallithea.lib.vcs.locks import writer_lock
from kallithea.lib.vcs.mailmap import Mailmap, Mailmaps, ProperNames
from kallithea.lib.vcs.objects import Kind

STORE = ".store"
DISCARDED = ".discarded"
LONGEST_NAME = 255
"""Bytes that the name of a file may have."""
INCOMING = ".incoming"
"""Where copies are made: each in a folder of its own, of the name that it will have in the store."""
SNAPSHOTS = ".snapshots"
"""Where repositories are frozen for a backup: a folder for each backup that is being made."""
DRAFT = "copy"
EPITAPH = "kallithea-deleted.json"
"""The file in a discarded repository that says what it was."""
REMAINS = "kallithea-deleted"
"""The folder in it for what else was known of it."""


@dataclass(frozen=True, slots=True)
class Discarded:
    """A repository that was deleted and still lies in the vault."""

    folder: str
    path: str
    """Its path when it was deleted."""
    at: datetime
    by: str = ""
    """Who deleted it; empty where nobody wrote that down."""


class Vault:
    """All repositories below one folder; one per process, safe to share between threads."""

    def __init__(self, root: Path, stores: Mapping[Kind, Store]) -> None:
        self.root = root
        self._stores = stores
        self._folder = lru_cache(maxsize=1024)(self._folder_at)
        self._mailmaps = Mailmaps()

    def programs(self) -> tuple[str, ...]:
        """What works on the repositories of each kind, with its version."""
        return tuple(store.program() for store in self._stores.values())

    def open(self, kind: Kind, location: str, *, publishing: bool = True) -> Backend:
        """The repository at a location; what is wrong with it shows at first use."""
        return self._stores[kind].open(self._folder(location), publishing=publishing)

    def open_for_people(self, kind: Kind, location: str, *, publishing: bool = True) -> Backend:
        """The same for what people see: commits carry the names that `.mailmap` at the top of the default branch gives."""
        opened = self.open(kind, location, publishing=publishing)
        # In all but commits it is the reader that it was made of.
        reader = cast("Reader", ProperNames(opened.reader, f"{kind}:{location}", self._mailmaps))
        return replace(opened, reader=reader)

    def mailmap(self, kind: Kind, location: str) -> Mailmap:
        """Who is who in a repository: the `.mailmap` at the top of its default branch, or an empty one."""
        return self._mailmaps.of(self.open(kind, location).reader, f"{kind}:{location}")

    def create(self, kind: Kind) -> str:
        """Make an empty repository in a new place; returns its location."""
        location = self.new_location()
        folder = self._folder(location)
        folder.parent.mkdir(parents=True, exist_ok=True)
        self._stores[kind].open(folder).keeper.create()
        return location

    def new_location(self) -> str:
        """A location in the store that nothing has."""
        return f"{STORE}/{secrets.token_hex(8)}"

    def copy(
        self, kind: Kind, location: str, new_location: str, *, publishing: bool = True, stop: StopSignal | None = None
    ) -> None:
        """Copy what readers see of a repository to a new location, where it appears as a whole; done before, it is left alone.

        Raises what `Keeper.copy_to` raises, and RepositoryBusy while an earlier attempt has not ended.
        """
        target = self._folder(new_location)
        if target.is_dir():
            return
        shelter = self.root / INCOMING / target.name
        shelter.mkdir(parents=True, exist_ok=True)
        with writer_lock(shelter, patience=1.0) as lock:
            draft = shelter / DRAFT
            if draft.exists():
                shutil.rmtree(draft)
            self.open(kind, location).keeper.copy_to(draft, publishing=publishing, stop=stop, inherited=(lock,))
            sync_folder(draft)
            target.parent.mkdir(parents=True, exist_ok=True)
            draft.rename(target)
            sync_path(str(target.parent))

    @contextmanager
    def held(self, location: str, *, patience: float) -> Iterator[None]:
        """Keep writers out of a repository. Raises RepositoryBusy, RepositoryMissing."""
        with writer_lock(self._folder(location), patience=patience):
            yield

    @contextmanager
    def snapshots(self) -> Iterator[str]:
        """A location below which repositories can be frozen; removed at the end, as what is left of earlier ones."""
        folder = self.root / SNAPSHOTS
        folder.mkdir(exist_ok=True)
        self._forget_snapshots(folder)
        own = folder / secrets.token_hex(8)
        own.mkdir(mode=0o700)
        try:
            with writer_lock(own, patience=0.0):
                yield own.relative_to(self.root).as_posix()
        finally:
            shutil.rmtree(own)
            with suppress(OSError):  # another backup has its own
                folder.rmdir()

    def freeze(self, kind: Kind, location: str, target: str) -> None:
        """Make `target` like a repository is now, for who holds it (see `Keeper.freeze`)."""
        self.forget_frozen(target)
        self._stores[kind].open(self._folder(location)).keeper.freeze(self._folder(target))

    def forget_frozen(self, location: str) -> None:
        """Remove what was frozen there, if anything was."""
        if not location.startswith(f"{SNAPSHOTS}/"):
            raise ValueError(f"not a snapshot: {location!r}")
        if (folder := self._folder(location)).is_dir():
            shutil.rmtree(folder)

    def _forget_snapshots(self, folder: Path) -> None:
        for left in folder.iterdir():
            with suppress(RepositoryBusy, RepositoryMissing), writer_lock(left, patience=0.0):
                shutil.rmtree(left)

    @contextmanager
    def taken_in(self, fill: Callable[[Path], None]) -> Iterator[str]:
        """Have a repository written into a new folder, which then appears in the store as a whole; gives its location.

        It goes again if what is done meanwhile fails. What is left of one that was cut off is removed like an abandoned copy.
        """
        target = self._folder(self.new_location())
        shelter = self.root / INCOMING / target.name
        shelter.mkdir(parents=True)
        with writer_lock(shelter, patience=1.0):
            try:
                draft = shelter / DRAFT
                fill(draft)
                sync_folder(draft)
                target.parent.mkdir(parents=True, exist_ok=True)
                draft.rename(target)
                yield target.relative_to(self.root).as_posix()
            except BaseException:
                shutil.rmtree(target, ignore_errors=True)
                raise
            finally:
                shutil.rmtree(shelter, ignore_errors=True)

    def copied(self, new_location: str, *, seconds: float) -> int:
        """Bytes that a copy has until now; looks for about so many seconds at most, and says what it came across."""
        return bytes_below(self.root / INCOMING / self._folder(new_location).name / DRAFT, seconds=seconds)

    def copies(self) -> tuple[str, ...]:
        """The locations of copies that were begun and not forgotten."""
        try:
            return tuple(f"{STORE}/{path.name}" for path in sorted((self.root / INCOMING).iterdir()))
        except FileNotFoundError:
            return ()

    def forget_copy(self, location: str, *, erase: bool = False) -> bool:
        """Remove what copying left behind, with `erase` the copy too; False while somebody still works at it."""
        shelter = self.root / INCOMING / self._folder(location).name
        if not shelter.is_dir():
            return True
        try:
            with writer_lock(shelter, patience=0.0):
                if erase and self._folder(location).is_dir():
                    shutil.rmtree(self._folder(location))
                shutil.rmtree(shelter)
        except RepositoryBusy:
            return False
        return True

    def discard(self, location: str, *, name: str, now: datetime, by: str = "") -> Path:
        """Move a repository out of the way, where an administrator can still find it; returns the new folder. `by` says who.

        Waits for a push that is under way (RepositoryBusy).
        """
        # A path is as long as the name of a file may be, and `/` is two characters here; the whole of it is in the file below.
        named = f"{now:%Y%m%dT%H%M%S}-{secrets.token_hex(3)}-{name.replace('/', '__')}".encode()[:LONGEST_NAME]
        found = Discarded(named.decode(errors="ignore"), name, now, by)
        self.put_back(location, found)
        return self.root / DISCARDED / found.folder

    def put_back(self, location: str, found: Discarded) -> None:
        """Move a repository to where it lay while it was discarded, or shall lie. Raises as `discard`."""
        folder, grave = self._folder(location), self.root / DISCARDED / found.folder
        if not folder.is_dir():
            raise RepositoryMissing(f"The folder of {found.path} is not there.")
        grave.parent.mkdir(exist_ok=True)
        said = json.dumps({"path": found.path, "at": found.at.isoformat(), "by": found.by})
        with writer_lock(folder):
            with suppress(OSError):  # on a full disk the name of the folder says enough
                (folder / EPITAPH).write_text(said, encoding="utf-8")
            folder.rename(grave)

    def remains(self, location: str) -> Path:
        """The folder in a repository for what shall be known of it when it is discarded; it moves with the repository."""
        return self._folder(location) / REMAINS

    def remains_of(self, found: Discarded) -> Path:
        """The same folder, of one that was discarded."""
        return self.root / DISCARDED / found.folder / REMAINS

    def discarded(self) -> tuple[Discarded, ...]:
        """The repositories that were moved out of the way, the first first."""
        try:
            folders = [path for path in (self.root / DISCARDED).iterdir() if path.is_dir()]
        except FileNotFoundError:
            return ()
        found = [each for each in map(_discarded, folders) if each]
        return tuple(sorted(found, key=lambda each: (each.at, each.folder)))

    def purge(self, found: Discarded) -> None:
        """Remove a discarded repository for good; nothing where it is not there any more."""
        with suppress(FileNotFoundError):
            shutil.rmtree(self.root / DISCARDED / found.folder)

    def restore(self, found: Discarded) -> tuple[Kind, str]:
        """Put a discarded repository back into the store; its kind and new location. Raises RepositoryMissing."""
        grave = self.root / DISCARDED / found.folder
        kind = next((kind for kind, store in self._stores.items() if store.recognises(grave)), None)
        if kind is None:
            raise RepositoryMissing(f"What is left of {found.path} is no repository.")
        location = self.new_location()
        folder = self._folder(location)
        folder.parent.mkdir(parents=True, exist_ok=True)
        try:
            grave.rename(folder)
        except FileNotFoundError:
            raise RepositoryMissing(f"{found.path} was restored or removed a moment ago.") from None
        (folder / EPITAPH).unlink(missing_ok=True)
        return kind, location

    def size_of(self, found: Discarded) -> int:
        """Bytes of a discarded repository on disk."""
        grave = self.root / DISCARDED / found.folder
        return sum(path.lstat().st_size for path in grave.rglob("*") if not path.is_dir())

    def find(self) -> Iterator[tuple[Kind, str]]:
        """Iterate over the repositories on disk that can be adopted: kind and location, in path order.

        Does not look into repositories, into folders whose name begins with a dot, nor through symbolic links.
        """
        yield from self._find_below(self.root)

    def warm(self) -> None:
        """Have ready what clients that stay connected are served by."""
        for store in self._stores.values():
            store.warm()

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

    def _folder_at(self, location: str) -> Path:
        parts = location.split("/")
        if not location or any(part in ("", ".", "..") for part in parts):
            raise ValueError(f"not a location: {location!r}")
        return self.root.joinpath(*parts)


def _discarded(folder: Path) -> Discarded | None:
    """What the file in the folder says, or else its name; None if it is gone by now."""
    try:
        said = json.loads((folder / EPITAPH).read_text(encoding="utf-8"))
        return Discarded(folder.name, str(said["path"]), datetime.fromisoformat(said["at"]), str(said.get("by", "")))
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        with suppress(FileNotFoundError):
            when = datetime.fromtimestamp(folder.lstat().st_ctime, timezone.utc)
            return Discarded(folder.name, folder.name.split("-", 2)[-1].replace("__", "/"), when)
        return None
