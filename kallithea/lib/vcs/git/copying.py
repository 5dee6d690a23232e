"""Copies a git repository: what its readers are shown, sharing the files of objects where they hold nothing else.

Files of objects never change once they have their name: git writes new ones beside them and unlinks old ones, and so does our
maintenance. So two repositories may have the same file by two names, and each does with its own what it likes. Alternates
would not be safe: there the parent decides when an object goes.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from dulwich.object_format import OBJECT_FORMATS
from dulwich.pack import load_pack_index

from kallithea.lib.vcs.backend import StopSignal
from kallithea.lib.vcs.background import MOST_SAID
from kallithea.lib.vcs.errors import MaintenanceFailed
from kallithea.lib.vcs.freezing import link_or_copy
from kallithea.lib.vcs.git.command import Git, GitFailed
from kallithea.lib.vcs.git.folder import Folder
from kallithea.lib.vcs.git.refs import BRANCHES, read_snapshot

SHARED = re.compile(r"pack-[0-9a-f]+\.(?:pack|idx|rev|bitmap)|multi-pack-index(?:-[0-9a-f]+\.(?:rev|bitmap))?")
LOOSE_FOLDER = re.compile(r"[0-9a-f]{2}")
LOOSE = re.compile(r"[0-9a-f]{38}(?:[0-9a-f]{24})?")
ATTEMPTS = 3
"""How often it is begun: maintenance may replace files while their names are read."""
UNREACHABLE = ("fsck", "--connectivity-only", "--unreachable", "--no-dangling", "--no-reflogs", "--no-progress")
GENTLY = ("pack.threads=1", "pack.windowMemory=256m", "pack.deltaCacheSize=64m")


def copy_repository(source: Folder, target: Path, *, stop: StopSignal | None, inherited: Sequence[int]) -> None:
    """Make `target` a copy of what readers of `source` may fetch."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            _Copy(source, target, stop, inherited).make()
        except (FileNotFoundError, GitFailed, MaintenanceFailed):
            source.object_format()  # raises if the repository itself is gone
            if attempt == ATTEMPTS:
                raise
            shutil.rmtree(target, ignore_errors=True)
        else:
            return


class _Copy:
    """One copy in the making."""

    def __init__(self, source: Folder, target: Path, stop: StopSignal | None, inherited: Sequence[int]) -> None:
        self._source = source
        self._target = target
        self._stop = stop
        self._inherited = inherited
        self._git = source.git

    def make(self) -> None:
        object_format = self._source.object_format()
        refs = dict(advertised(self._git, self._source.path))
        head = self._head(refs)
        self._target.mkdir()
        self._git.run(self._target, "init", "--quiet", "--bare", "--template=", f"--object-format={object_format}")
        with suppress(FileNotFoundError):
            shutil.copyfile(self._source.path / "shallow", self._target / "shallow")
        # After the refs, so that all they need is there; loose ones first, as objects go from there into packs.
        _link_objects(self._source.path / "objects", self._target / "objects")
        refs.pop(b"HEAD", None)
        lines = [object_id.encode() + b" " + name + b"\n" for name, object_id in sorted(refs.items())]
        (self._target / "packed-refs").write_bytes(b"".join(lines))
        (self._target / "HEAD").write_bytes(head)
        if refs:
            self._leave_out_the_rest(object_format)
        else:
            shutil.rmtree(self._target / "objects")
            (self._target / "objects").mkdir()

    def _head(self, refs: dict[bytes, str]) -> bytes:
        """What HEAD says; a branch that readers are not shown is not named."""
        found = read_snapshot(self._source.path)
        if found.head is not None and (found.head in refs or found.head not in found.ids):
            return b"ref: " + found.head + b"\n"
        if found.head is None and b"HEAD" in refs:
            return refs[b"HEAD"].encode() + b"\n"
        branches = sorted(name for name in refs if name.startswith(BRANCHES))
        return b"ref: " + (branches[0] if branches else BRANCHES + b"main") + b"\n"

    def _leave_out_the_rest(self, object_format: str) -> None:
        """Drop the objects that no ref leads to: whoever knows the id of one could fetch it from the copy."""
        reachable = int(self._run("rev-list", "--objects", "--all", "--use-bitmap-index", "--count"))
        if reachable == self._held():
            return
        unreachable = self._unreachable()
        if not unreachable:
            return  # some objects are there twice
        packs = self._target / "objects/pack"
        clean = list(_packs_without(packs, unreachable, object_format))
        self._run("repack", "-a", "-d", "-q", *(f"--keep-pack={name}" for name in clean))
        self._run("prune", "--expire=now")
        if self._unreachable():
            raise MaintenanceFailed("The copy would hold objects that its readers are not shown.")

    def _held(self) -> int:
        """How many objects there are, those counted twice that are there twice."""
        said = dict(line.split(": ") for line in self._run("count-objects", "-v").decode("ascii").splitlines())
        return int(said["count"]) + int(said["in-pack"])

    def _unreachable(self) -> frozenset[str] | None:
        """The objects that no ref leads to; None for more than are worth a list."""
        said = self._run(*UNREACHABLE)
        if len(said) >= MOST_SAID:
            return None
        lines = said.decode("ascii").splitlines()
        return frozenset(line.rpartition(" ")[2] for line in lines if line.startswith("unreachable "))

    def _run(self, *arguments: str) -> bytes:
        git, inherited = self._git, self._inherited
        return git.run_aside(self._target, *arguments, settings=GENTLY, stop=self._stop, inherited=inherited)


def advertised(git: Git, path: Path) -> Iterator[tuple[bytes, str]]:
    """The refs that clients are shown, HEAD among them, and their objects: without those that the configuration hides."""
    said = git.run(path, "upload-pack", "--stateless-rpc", "--http-backend-info-refs", os.fspath(path))
    position = 0
    while position < len(said):
        length = int(said[position : position + 4], 16)
        line = said[position + 4 : position + length].partition(b"\0")[0].rstrip(b"\n")
        position += max(length, 4)
        object_id, blank, name = line.partition(b" ")
        if blank and not name.endswith(b"^{}") and (name == b"HEAD" or name.startswith(b"refs/")):
            yield name, object_id.decode("ascii")


def _link_objects(source: Path, target: Path) -> None:
    for folder in sorted(path for path in source.iterdir() if LOOSE_FOLDER.fullmatch(path.name)):
        names = [path.name for path in folder.iterdir() if LOOSE.fullmatch(path.name)]
        if names:
            (target / folder.name).mkdir(exist_ok=True)
        for name in names:
            link_or_copy(folder / name, target / folder.name / name)
    (target / "pack").mkdir(exist_ok=True)
    for path in source.joinpath("pack").iterdir():
        if SHARED.fullmatch(path.name):
            link_or_copy(path, target / "pack" / path.name)


def _packs_without(folder: Path, unwanted: frozenset[str] | None, object_format: str) -> Iterator[str]:
    """The names of the packs that hold none of these objects."""
    if unwanted is None:
        return
    for path in sorted(folder.glob("pack-*.idx")):
        index = load_pack_index(os.fspath(path), OBJECT_FORMATS[object_format])
        try:
            if not any(_has(index, object_id) for object_id in unwanted):
                yield f"{path.stem}.pack"
        finally:
            index.close()


def _has(index: object, object_id: str) -> bool:
    try:
        index.object_offset(bytes.fromhex(object_id))  # type: ignore[attr-defined] # both formats of dulwich have it
    except KeyError:
        return False
    return True
