"""Who wrote which lines of a file, as values."""

from __future__ import annotations

import re
from dataclasses import dataclass

from kallithea.lib.vcs.objects import CommitId
from kallithea.lib.vcs.paths import FilePath

IGNORED_COMMITS = FilePath(b".git-blame-ignore-revs")
"""The file at the top of a repository that lists commits which changed only the looks; git's clients are told of it, for hg it
means the same here."""
IGNORED_BYTES = 1 << 20

_FULL_ID = re.compile(rb"^\s*([0-9a-fA-F]{40}(?:[0-9a-fA-F]{24})?)\s*(?:#.*)?$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Version:
    """A file at a commit, and the number of a line in it (from 1)."""

    commit: CommitId
    path: FilePath
    line: int


@dataclass(frozen=True, slots=True)
class BlameRange:
    """Lines `start` (from 1) to `start + length - 1` come from one commit. `origin` is where they stood in it, `before` the
    file as it was before it, None where the commit brought the file."""

    start: int
    length: int
    origin: Version
    before: Version | None


@dataclass(frozen=True, slots=True)
class Blame:
    """The ranges in the order of the file; those for which there was no time are missing, and `is_complete` is False."""

    ranges: tuple[BlameRange, ...]
    is_complete: bool


def ignored_commits(text: bytes) -> frozenset[CommitId]:
    """The ids in a list of ignored commits: one a line, comments begin with `#`; what is no full id is passed over."""
    return frozenset(CommitId(found.decode("ascii").lower()) for found in _FULL_ID.findall(text))
