"""Reads hg histories to be counted, in a process of its own at the lowest priority: it would keep pages waiting.

Run as `python -m kallithea.lib.vcs.hg.tallying commits|sizes <folder>`, with what to walk as JSON on its standard input.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from kallithea.lib.vcs.backend import StopSignal
from kallithea.lib.vcs.background import lines_aside
from kallithea.lib.vcs.hg import opened, walking
from kallithea.lib.vcs.hg.aside import environment
from kallithea.lib.vcs.hg.commits import NULL_REVISION, id_of, number_of, signature
from kallithea.lib.vcs.hg.pool import python
from kallithea.lib.vcs.objects import CommitId
from kallithea.lib.vcs.tallies import CountedCommit, as_line, parse_line

COMMITS, SIZES = "commits", "sizes"


class HgCounter:
    """Fulfils `Counter` for one hg repository."""

    def __init__(self, folder: Path, *, publishing: bool) -> None:
        self._folder = folder
        self._publishing = publishing

    def commits(
        self, heads: Sequence[CommitId], *, excluding: Sequence[CommitId] = (), stop: StopSignal | None = None
    ) -> Iterator[CountedCommit]:
        if not heads:
            return
        for line in self._lines(COMMITS, heads, excluding, b"\n", stop):
            commit = parse_line(line)
            if commit is not None:
                yield commit

    def sizes(self, commit_id: CommitId, *, stop: StopSignal | None = None) -> Iterator[tuple[bytes, int]]:
        for item in self._lines(SIZES, [commit_id], (), b"\0", stop):
            size, _, path = item.partition(b" ")
            yield path, int(size)

    def _lines(
        self,
        what: str,
        heads: Sequence[CommitId],
        excluding: Sequence[CommitId],
        separator: bytes,
        stop: StopSignal | None,
    ) -> Iterator[bytes]:
        opened.stamp_of(self._folder)
        wanted = {
            "heads": [one.hex for one in heads],
            "excluding": [one.hex for one in excluding],
            "publishing": self._publishing,
        }
        command = [python(), "-m", "kallithea.lib.vcs.hg.tallying", what, os.fspath(self._folder)]
        stdin = json.dumps(wanted).encode()
        return lines_aside(command, environment=environment(), stop=stop, stdin=stdin, separator=separator)


def main(what: str, folder: str) -> None:
    """Print what was asked for."""
    wanted = json.load(sys.stdin)
    repo = opened.served(Path(folder), publishing=wanted["publishing"])
    heads = [number_of(repo, CommitId(one)) for one in wanted["heads"]]
    if what == COMMITS:
        excluding = [number_of(repo, CommitId(one)) for one in wanted["excluding"]]
        for number in walking.ancestors(repo, heads, excluding):
            sys.stdout.buffer.write(_commit_line(repo, number).encode("utf-8", "replace") + b"\n")
        return
    for path, size in _sizes(repo, heads[0]):
        sys.stdout.buffer.write(b"%d %s\0" % (size, path))


def _commit_line(repo: Any, number: int) -> str:
    log = repo.changelog
    stored = log.changelogrevision(number)
    author = signature(stored.user.decode("utf-8", "replace"), stored.date)
    parents = tuple(id_of(repo, parent).hex for parent in log.parentrevs(number) if parent != NULL_REVISION)
    return as_line(id_of(repo, number).hex, parents, author.name, author.email, int(stored.date[0]))


def _sizes(repo: Any, number: int) -> Iterator[tuple[bytes, int]]:
    manifest = repo[number].manifest()
    for path, node, flags in manifest.iterentries():
        if b"l" not in flags:
            file_log = repo.file(path)
            yield path, file_log.size(file_log.rev(node))


if __name__ == "__main__":
    main(*sys.argv[1:])
