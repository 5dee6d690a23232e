"""Packs a revision in a process of its own, the twin of `git archive`: `python -m kallithea.lib.vcs.hg.archiving <task>`.

Files come in the order of the manifest and all of them have the time of the commit, so that the same revision is always the
same bytes.
"""

from __future__ import annotations

import bz2
import gzip
import io
import json
import os
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import IO, Any, Protocol

from kallithea.lib.errors import Unavailable
from kallithea.lib.vcs.archives import ArchiveFormat
from kallithea.lib.vcs.hg import opened
from kallithea.lib.vcs.hg.commits import number_of
from kallithea.lib.vcs.hg.contents import chunks_of
from kallithea.lib.vcs.hg.files import known_size
from kallithea.lib.vcs.hg.manifests import manifest_of
from kallithea.lib.vcs.hg.pool import import_path, python
from kallithea.lib.vcs.objects import CommitId, EntryKind
from kallithea.lib.vcs.paths import FilePath
from kallithea.lib.vcs.priority import step_back
from kallithea.lib.vcs.zstandard import LEVEL, zstandard

PIECE = 1 << 16
MODES = {EntryKind.FILE: 0o644, EntryKind.EXECUTABLE: 0o755, EntryKind.SYMLINK: 0o777}
FIRST_YEAR_OF_ZIP = datetime(1980, 1, 1, tzinfo=timezone.utc)
LAST_YEAR_OF_ZIP = datetime(2107, 12, 31, tzinfo=timezone.utc)
UNSAFE = frozenset((b"", b".", b"..", b".hg"))
"""Parts of names that no client would write, and that must not leave the folder into which somebody unpacks."""


@dataclass(frozen=True, slots=True)
class _Task:
    folder: str
    publishing: bool
    commit: str
    path: str
    kind: str
    prefix: str


def read_archive(
    folder: Path, commit: CommitId, path: FilePath, kind: ArchiveFormat, prefix: str, *, publishing: bool
) -> Iterator[bytes]:
    """The files below `path`, each with `prefix` and a slash in front of its name, as they are packed. Raises Unavailable."""
    task = _Task(os.fspath(folder), publishing, commit.hex, path.raw.hex(), kind.value, prefix)
    with tempfile.TemporaryFile() as complaints:
        child = subprocess.Popen(
            [python(), "-m", "kallithea.lib.vcs.hg.archiving", json.dumps(asdict(task))],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=complaints,
            env={**os.environ, "PYTHONPATH": import_path()},
        )
        step_back(child.pid)
        assert child.stdout is not None
        try:
            while piece := child.stdout.read(PIECE):
                yield piece
            if child.wait() != 0:
                complaints.seek(0)
                raise Unavailable("The archive could not be made.") from RuntimeError(complaints.read(4000))
        finally:
            child.stdout.close()
            if child.poll() is None:
                child.kill()
                child.wait()


def main(task_text: str) -> None:
    """Write the archive to the standard output."""
    task = _Task(**json.loads(task_text))
    # Stray prints of anything that is imported must not end up between the bytes.
    sink = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    repo = opened.served(Path(task.folder), publishing=task.publishing)
    context = repo[number_of(repo, CommitId(task.commit))]
    when = max(0, int(context.date()[0]))
    with ExitStack() as closing:
        closing.enter_context(sink)
        packer = _packer(ArchiveFormat(task.kind), sink, when, closing)
        for listed in manifest_of(context).files_below(bytes.fromhex(task.path)):
            if not UNSAFE & set(listed.path.split(b"/")):
                content = _Content(known_size(repo, listed), chunks_of(repo, listed))
                packer.add(task.prefix.encode() + b"/" + listed.path, listed.kind, content)


@dataclass(frozen=True, slots=True)
class _Content:
    """A file: its bytes, counted and in pieces."""

    size: int
    pieces: Iterator[bytes]


class _Packer(Protocol):
    def add(self, name: bytes, kind: EntryKind, content: _Content) -> None: ...


def _packer(kind: ArchiveFormat, sink: IO[bytes], when: int, closing: ExitStack) -> _Packer:
    if kind is ArchiveFormat.ZIP:
        return _Zip(closing.enter_context(zipfile.ZipFile(_Unseekable(sink), "w", zipfile.ZIP_DEFLATED)), when)
    target: Any = sink
    if kind is ArchiveFormat.TAR_GZ:
        # No name and no time of its own, so that the same files give the same bytes.
        target = closing.enter_context(gzip.GzipFile(filename="", mode="wb", compresslevel=6, fileobj=sink, mtime=0))
    elif kind is ArchiveFormat.TAR_BZ2:
        target = closing.enter_context(bz2.BZ2File(sink, "wb"))
    elif kind is ArchiveFormat.TAR_ZST:
        target = closing.enter_context(zstandard().ZstdFile(sink, "wb", level=LEVEL))
    tar = closing.enter_context(
        tarfile.open(  # noqa: SIM115 - the stack closes it
            fileobj=target, mode="w|", format=tarfile.GNU_FORMAT, encoding="utf-8", errors="surrogateescape"
        )
    )
    return _Tar(tar, when)


@dataclass(frozen=True, slots=True)
class _Tar:
    tar: tarfile.TarFile
    when: int

    def add(self, name: bytes, kind: EntryKind, content: _Content) -> None:
        facts = tarfile.TarInfo(name.decode("utf-8", "surrogateescape"))
        facts.mtime, facts.mode = self.when, MODES[kind]
        facts.uname = facts.gname = "root"
        if kind is EntryKind.SYMLINK:
            facts.type, facts.linkname = tarfile.SYMTYPE, b"".join(content.pieces).decode("utf-8", "surrogateescape")
            self.tar.addfile(facts)
            return
        facts.size = content.size
        self.tar.addfile(facts, io.BufferedReader(_Readable(content.pieces)))


@dataclass(frozen=True, slots=True)
class _Zip:
    archive: zipfile.ZipFile
    when: int

    def add(self, name: bytes, kind: EntryKind, content: _Content) -> None:
        moment = datetime.fromtimestamp(min(self.when, LAST_YEAR_OF_ZIP.timestamp()), timezone.utc)
        moment = max(FIRST_YEAR_OF_ZIP, moment)
        facts = zipfile.ZipInfo(_zip_name(name), moment.timetuple()[:6])
        facts.create_system = 3  # Unix, which is what gives the modes their meaning
        file_type = 0o120000 if kind is EntryKind.SYMLINK else 0o100000
        facts.external_attr = (file_type | MODES[kind]) << 16
        facts.compress_type = zipfile.ZIP_DEFLATED
        facts.file_size = content.size
        with self.archive.open(facts, "w") as target:
            for piece in content.pieces:
                target.write(piece)


def _zip_name(name: bytes) -> str:
    """Names in a zip are UTF-8; others are kept as Latin-1, which always fits."""
    try:
        return name.decode("utf-8")
    except UnicodeDecodeError:
        return name.decode("latin-1")


class _Readable(io.RawIOBase):
    """Pieces as a file."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, target: Any, /) -> int:
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._rest = piece
        taken = min(len(target), len(self._rest))
        target[:taken] = self._rest[:taken]
        self._rest = self._rest[taken:]
        return taken


class _Unseekable(io.RawIOBase):
    """A pipe as zipfile wants it: it must not ask where it is."""

    def __init__(self, sink: IO[bytes]) -> None:
        self._sink = sink

    def writable(self) -> bool:
        return True

    def write(self, content: Any, /) -> int:
        return self._sink.write(content)

    def flush(self) -> None:
        self._sink.flush()


if __name__ == "__main__":
    main(sys.argv[1])
