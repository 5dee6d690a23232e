"""Reads git histories to be counted: git walks and lists, at the lowest priority."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kallithea.lib.vcs.backend import StopSignal
from kallithea.lib.vcs.git.folder import Folder
from kallithea.lib.vcs.objects import CommitId
from kallithea.lib.vcs.tallies import CountedCommit, parse_line

FORMAT = "--format=%H%x1f%P%x1f%at%x1f%ae%x1f%an"
LINK = b"120000"


class GitCounter:
    """Fulfils `Counter` for one git repository."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder

    def commits(
        self, heads: Sequence[CommitId], *, excluding: Sequence[CommitId] = (), stop: StopSignal | None = None
    ) -> Iterator[CountedCommit]:
        if not heads:
            return
        revisions = [commit_id.hex for commit_id in heads] + [f"^{commit_id.hex}" for commit_id in excluding]
        stdin = "".join(f"{revision}\n" for revision in revisions).encode()
        arguments = ("rev-list", "--topo-order", "--no-commit-header", "--encoding=UTF-8", FORMAT, "--stdin")
        for line in self._lines(*arguments, stdin=stdin, stop=stop):
            commit = parse_line(line)
            if commit is not None:
                yield commit

    def sizes(self, commit_id: CommitId, *, stop: StopSignal | None = None) -> Iterator[tuple[bytes, int]]:
        arguments = ("ls-tree", "-r", "-l", "-z", "--full-tree", commit_id.hex)
        for item in self._lines(*arguments, stop=stop, separator=b"\0"):
            facts, _, path = item.partition(b"\t")
            mode, kind, _, size = facts.split()
            if kind == b"blob" and mode != LINK and size.isdigit():
                yield path, int(size)

    def _lines(self, *arguments: str, stop: StopSignal | None, stdin: bytes = b"", separator: bytes = b"\n") -> Iterator[bytes]:
        self._folder.object_format()
        return self._folder.git.lines_aside(self._folder.path, *arguments, stop=stop, stdin=stdin, separator=separator)
