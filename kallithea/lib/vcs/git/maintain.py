"""Keeps git repositories fast and small while clients go on: what git itself says is safe beside writers runs without a lock,
what could take away something that a push counts on happens under the writer lock and takes a moment."""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from kallithea.lib.vcs.backend import StopSignal
from kallithea.lib.vcs.errors import RepositoryBusy
from kallithea.lib.vcs.git.folder import Folder
from kallithea.lib.vcs.git.refs import RefSnapshot, read_snapshot
from kallithea.lib.vcs.git.server import clear_leftovers
from kallithea.lib.vcs.locks import maintenance_lock, writer_lock

MANY_LOOSE = 400
"""So many loose objects are packed; each costs a file to open."""
MANY_PACKS = 8
"""So many packs that no multi-pack index knows are gathered; each is searched for every object."""
WORTH_AN_INDEX = 8 << 20
"""Bytes of packs from which bitmaps and a multi-pack index are made even if nothing else is to be done."""
MANY_REFS = 100
"""So many loose refs are written into one file."""
UNREACHABLE_FOR = 14 * 86400
"""Seconds that an object must have been unused before it may go: somebody may be about to push what builds on it."""
THOROUGH_AFTER = 30 * 86400
"""Seconds after which a repository that grew is packed anew as a whole, which also drops what is long unreachable."""
STALE = 86400
"""Seconds after which a temporary file belongs to nobody, whoever made it."""
PATIENCE = 2.0
"""Seconds to wait for a push to end; what needs the lock is otherwise left for the next time."""

# One processor and bounded memory: nobody waits for this.
GENTLY = ("pack.threads=1", "pack.windowMemory=256m", "pack.deltaCacheSize=64m", "pack.writeReverseIndex=true")
GATHER = ("repack", "--geometric=2", "-d", "-n", "-l", "-q", "--write-midx", "--write-bitmap-index")
REPACK = ("repack", "-d", "-n", "-l", "-q", "--write-bitmap-index")
# What `git repack` asks of it (builtin/repack.c), but told by name which packs came out; without the old ones going away.
PACK = ("pack-objects", "-q", "--honor-pack-keep", "--non-empty", "--delta-base-offset", "--local")
REACHABLE = ("--all", "--reflog", "--indexed-objects", "--keep-true-parents", "--write-bitmap-index")
GRAPH = ("commit-graph", "write", "--reachable", "--changed-paths", "--no-progress")
CRUFT = (2, 37)
"""The first git that keeps unreachable objects apart with the time of their last use (git-repack(1), --cruft)."""

DEBRIS = (
    "objects/pack/.tmp-*",
    "objects/pack/tmp_*",
    "objects/pack/*.lock",
    "objects/??/tmp_obj_*",
    "objects/info/*.lock",
    "objects/info/commit-graphs/*.lock",
    "objects/info/commit-graphs/tmp_graph_*",
)
PARTS = (".rev", ".bitmap", ".mtimes", ".pack")
"""What lies beside the index of a pack (gitformat-pack(5))."""
HEXADECIMAL = re.compile(r"[0-9a-f]{2}")


@dataclass(frozen=True, slots=True)
class Holdings:
    """What lies in the object store."""

    loose: int
    packs: Mapping[str, int]
    """By name without ending: bytes. Not among them are packs that are marked to be kept, and those without an index: git sees
    nothing in them."""
    unknown_packs: int
    """How many are younger than the multi-pack index."""
    largest_age: float
    """Seconds since the largest pack was written."""


def maintain(folder: Folder, *, thorough: bool, stop: StopSignal | None) -> tuple[str, ...]:
    """Do what the repository needs; what was done, a phrase each."""
    folder.object_format()
    with maintenance_lock(folder.path) as lock:
        older_than = 0 if lock.was_cut_off else STALE
        maintenance = _Maintenance(folder, lock.descriptor, stop)
        remove_debris(folder.path, older_than=older_than)
        return tuple(maintenance.run(thorough=thorough, older_than=older_than))


class _Maintenance:
    """Looks after one repository, under its maintenance lock."""

    def __init__(self, folder: Folder, lock: int, stop: StopSignal | None) -> None:
        self._folder = folder
        self._path = folder.path
        self._lock = lock
        self._stop = stop

    def run(self, *, thorough: bool, older_than: float) -> Iterator[str]:
        with suppress(RepositoryBusy), writer_lock(self._path, patience=PATIENCE):  # after a long push is early enough
            clear_leftovers(self._path)
            remove_headless_packs(self._path, older_than=older_than)
            yield from self._tidy_refs(thorough)
        found = holdings(self._path)
        if not found.loose and not found.packs:
            return
        if thorough or _is_due(found):
            yield from self._renew()
        elif _needs_gathering(found):
            self._git(*GATHER)
            yield f"gathered {found.loose} loose objects and {len(found.packs)} packs"
        if read_snapshot(self._path).ids:
            self._git(*GRAPH, "--split")
            yield "wrote the commit graph"

    def _tidy_refs(self, thorough: bool) -> Iterator[str]:
        loose = sum(len(files) for _, _, files in os.walk(self._path / "refs"))
        if loose >= MANY_REFS or (thorough and loose):
            self._git("pack-refs", "--all", "--prune")
            yield f"packed {loose} refs"

    def _renew(self) -> Iterator[str]:
        """Pack everything anew, and drop what was unreachable for long.

        The new packs are made beside the old ones, which takes as long as it takes. That nothing which went is counted on is
        then certain under the writer lock, if no ref moved meanwhile; if one did, what is unreachable stays for the next time.
        """
        if self._folder.git.version() < CRUFT:
            self._git(*REPACK, "-a", "--keep-unreachable")
            yield "packed anew"
            return
        refs, before = read_snapshot(self._path), holdings(self._path)
        horizon = int(time.time()) - UNREACHABLE_FOR
        kept = self._packed(*REACHABLE)
        # The new packs stay, those marked with a minus go; objects that are in none of those that stay are unreachable.
        listed = [*(f"{name}.pack" for name in kept), *(f"-{name}.pack" for name in before.packs if name not in kept)]
        kept += self._packed("--cruft", f"--cruft-expiration=@{horizon}", stdin="".join(f"{line}\n" for line in listed))
        if self._drop(refs, [name for name in before.packs if name not in kept], horizon):
            yield "packed anew, without what was long unreachable"
        else:
            self._git(*REPACK, "--cruft")
            yield "packed anew"
        # From scratch: a layer of the graph may know commits that went.
        if refs.ids:
            self._git(*GRAPH, "--split=replace")

    def _packed(self, *arguments: str, stdin: str = "") -> list[str]:
        """Write a pack; its name, or those if there is more than one, or none if there was nothing to put in."""
        said = self._git(*PACK, *arguments, os.fspath(self._path / "objects/pack/pack"), stdin=stdin.encode())
        return [f"pack-{line}" for line in said.decode("ascii").split()]

    def _drop(self, refs: RefSnapshot, packs: Sequence[str], horizon: int) -> bool:
        """Remove these packs, and loose objects that are old; False if refs moved, and then nothing is removed."""
        try:
            with writer_lock(self._path, patience=PATIENCE):
                if read_snapshot(self._path) != refs:
                    return False
                self._git("prune-packed", "-q")
                if packs:
                    _unlink_pack_indexes(self._path)
                for name in packs:
                    _unlink_pack(self._path, name)
                for loose in _loose_objects(self._path):
                    with suppress(FileNotFoundError):
                        if loose.stat().st_mtime < horizon:
                            loose.unlink()
        except RepositoryBusy:
            return False
        return True

    def _git(self, *arguments: str, stdin: bytes = b"") -> bytes:
        git, inherited = self._folder.git, (self._lock,)
        return git.run_aside(self._path, *arguments, settings=GENTLY, stop=self._stop, inherited=inherited, stdin=stdin)


def holdings(path: Path) -> Holdings:
    """What lies in the object store of a repository."""
    packs: dict[str, int] = {}
    times: dict[str, float] = {}
    index_time = 0.0
    names: set[str] = set()
    with suppress(FileNotFoundError), os.scandir(path / "objects/pack") as entries:
        for entry in entries:
            with suppress(FileNotFoundError):
                found = entry.stat()
                names.add(entry.name)
                if entry.name == "multi-pack-index":
                    index_time = found.st_mtime
                elif entry.name.startswith("pack-") and entry.name.endswith(".pack"):
                    name = entry.name.removesuffix(".pack")
                    packs[name], times[name] = found.st_size, found.st_mtime
    packs = {name: size for name, size in packs.items() if f"{name}.idx" in names and f"{name}.keep" not in names}
    largest = max(packs, key=lambda name: packs[name], default=None)
    return Holdings(
        loose=sum(1 for _ in _loose_objects(path)),
        packs=packs,
        unknown_packs=sum(1 for name in packs if times[name] > index_time),
        largest_age=0.0 if largest is None else time.time() - times[largest],
    )


def remove_debris(path: Path, *, older_than: float) -> None:
    """Remove temporary files and locks that a dead git left. Only for who looks after the repository.

    Pushes keep theirs in folders of their own (see clear_leftovers), so what is found here is of an earlier maintenance, or of
    somebody at the machine; theirs are left alone until nobody can need them.
    """
    horizon = time.time() - older_than
    for pattern in DEBRIS:
        for found in path.glob(pattern):
            with suppress(FileNotFoundError):
                if found.lstat().st_mtime <= horizon:
                    shutil.rmtree(found, ignore_errors=True) if found.is_dir() else found.unlink()


def remove_headless_packs(path: Path, *, older_than: float) -> None:
    """Remove what is left of packs whose index is gone. Only under the writer lock: a push puts the pack before its index.

    They are of a maintenance that was killed while it dropped them, or of a push that was killed before anybody was told that
    it succeeded.
    """
    horizon = time.time() - older_than
    for found in (path / "objects/pack").glob("pack-*.*"):
        if found.suffix in PARTS and not found.with_suffix(".idx").exists():
            with suppress(FileNotFoundError):
                if found.lstat().st_mtime <= horizon:
                    found.unlink()


def _needs_gathering(found: Holdings) -> bool:
    if found.loose >= MANY_LOOSE or found.unknown_packs >= MANY_PACKS:
        return True
    is_new = found.unknown_packs == len(found.packs)
    return is_new and sum(found.packs.values()) >= WORTH_AN_INDEX


def _is_due(found: Holdings) -> bool:
    """Whether it is time to pack everything anew: the largest pack is old, and there is something beside it."""
    return found.largest_age > THOROUGH_AFTER and (found.loose > 0 or len(found.packs) > 1)


def _loose_objects(path: Path) -> Iterator[Path]:
    for name in os.listdir(path / "objects"):  # noqa: PTH208 - names are all that is needed of most
        if HEXADECIMAL.fullmatch(name):
            with suppress(FileNotFoundError):
                yield from (path / "objects" / name).iterdir()


def _unlink_pack_indexes(path: Path) -> None:
    """Remove the multi-pack index and its bitmaps before packs that it names; git writes it anew at the next gathering."""
    for found in (path / "objects/pack").glob("multi-pack-index*"):
        found.unlink(missing_ok=True)


def _unlink_pack(path: Path, name: str) -> None:
    # The index first: without it git does not look at the pack.
    for ending in (".idx", *PARTS):
        (path / f"objects/pack/{name}{ending}").unlink(missing_ok=True)
