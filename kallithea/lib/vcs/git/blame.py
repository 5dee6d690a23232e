"""Runs `git blame` and reads what it finds while it looks."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

from kallithea.lib.vcs.blame import Blame, BlameRange, Version
from kallithea.lib.vcs.diff_parser import unquote
from kallithea.lib.vcs.git.command import Git
from kallithea.lib.vcs.git.streams import OutOfTime, lines_until
from kallithea.lib.vcs.objects import CommitId
from kallithea.lib.vcs.paths import FilePath


def read_blame(
    git: Git, folder: Path, commit: CommitId, path: FilePath, ignored: Iterable[CommitId], *, seconds: float
) -> Blame:
    """Who wrote the lines of a file as it is at a commit, as far as can be told in so many seconds."""
    ranges: list[BlameRange] = []
    is_complete = True
    with tempfile.NamedTemporaryFile() as list_of_ignored:
        list_of_ignored.writelines(f"{commit_id}\n".encode() for commit_id in ignored)
        list_of_ignored.flush()
        arguments = ["blame", "--incremental", f"--ignore-revs-file={list_of_ignored.name}", commit.hex, "--"]
        try:
            with git.reading(folder, *arguments, path.raw.decode("utf-8", "surrogateescape")) as stream:
                # One by one, so that what was found in time stays.
                for found in _ranges(stream, time.monotonic() + seconds):
                    ranges.append(found)
        except OutOfTime:
            is_complete = False
    return Blame(tuple(sorted(ranges, key=lambda found: found.start)), is_complete)


def _ranges(stream: IO[bytes], until: float) -> Iterator[BlameRange]:
    """What git tells of a range: a line `<commit> <line there> <line here> <count>`, facts, last the name of the file there.

    Of a commit it tells author and message only once; those are known from elsewhere.
    """
    lines = lines_until(stream, until)
    for line in lines:
        commit, there, here, count = line.split(b" ")
        before: Version | None = None
        for fact in lines:
            key, _, value = fact.partition(b" ")
            if key == b"previous":
                before_commit, _, name = value.partition(b" ")
                before = Version(_commit(before_commit), _path(name), int(there))
            elif key == b"filename":
                yield BlameRange(int(here), int(count), Version(_commit(commit), _path(value), int(there)), before)
                break


def _commit(raw: bytes) -> CommitId:
    return CommitId(raw.decode("ascii"))


def _path(name: bytes) -> FilePath:
    return FilePath(unquote(name) if name.startswith(b'"') else name)
