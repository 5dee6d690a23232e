"""Packs a revision with `git archive`, which sorts the files and gives all of them the time of the commit."""

from __future__ import annotations

import bz2
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from kallithea.lib.vcs.archives import ArchiveFormat
from kallithea.lib.vcs.diffs import COMPARED_BYTES
from kallithea.lib.vcs.git.command import Git
from kallithea.lib.vcs.objects import CommitId
from kallithea.lib.vcs.paths import ROOT, FilePath
from kallithea.lib.vcs.zstandard import LEVEL, zstandard

PIECE = 1 << 16
# What git makes itself; the rest is made of a tar here. `-6` is gzip's usual level, said because a setting could change it.
OWN_FORMATS = {
    ArchiveFormat.ZIP: ["--format=zip", "-6"],
    ArchiveFormat.TAR_GZ: ["--format=tar.gz", "-6"],
    ArchiveFormat.TAR: ["--format=tar"],
}


def read_archive(git: Git, folder: Path, commit: CommitId, path: FilePath, kind: ArchiveFormat, prefix: str) -> Iterator[bytes]:
    """The files below `path`, each with `prefix` and a slash in front of its name, as they are packed."""
    chosen = OWN_FORMATS.get(kind, OWN_FORMATS[ArchiveFormat.TAR])
    # Large files piece by piece.
    arguments = ["-c", f"core.bigFileThreshold={COMPARED_BYTES}", "archive", *chosen, f"--prefix={prefix}/", commit.hex]
    if path != ROOT:
        arguments += ["--", path.raw.decode("utf-8", "surrogateescape")]
    packed = _output(git, folder, arguments)
    if kind is ArchiveFormat.TAR_BZ2:
        return _compressed(packed, bz2.BZ2Compressor())
    if kind is ArchiveFormat.TAR_ZST:
        return _compressed(packed, zstandard().ZstdCompressor(LEVEL))
    return packed


def _output(git: Git, folder: Path, arguments: list[str]) -> Iterator[bytes]:
    with git.reading(folder, *arguments) as stream:
        while piece := stream.read(PIECE):
            yield piece


def _compressed(chunks: Iterable[bytes], compressor: Any) -> Iterator[bytes]:
    for chunk in chunks:
        if packed := compressor.compress(chunk):
            yield packed
    yield compressor.flush()
