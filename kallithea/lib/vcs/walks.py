"""Parts of histories: which commits are wanted, and where a list of them goes on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from kallithea.lib.vcs.objects import Commit, CommitId
from kallithea.lib.vcs.paths import ROOT, FilePath


@dataclass(frozen=True, slots=True)
class CommitFilter:
    """Which commits of a history are wanted: those for which all that is given holds.

    `author` is a part of the name and address, `text` a part of the message; whether letters are large does not matter. `since`
    and `until` bound the time of the commit (git: of the committer), `until` itself is outside. `query` is in the language of
    the kind, for those that have one (`Feature.QUERIES`).
    """

    author: str = ""
    text: str = ""
    since: datetime | None = None
    until: datetime | None = None
    path: FilePath = ROOT
    query: str = ""

    @property
    def looks_inside(self) -> bool:
        """Whether commits have to be read to know if they are wanted."""
        return bool(self.author or self.text or self.since or self.until)

    @property
    def is_empty(self) -> bool:
        return not (self.looks_inside or self.path.raw or self.query)


EVERYTHING = CommitFilter()


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a history. `at` says where it goes on, in words that only the backend knows, None at the end.

    `looked_at` is how many commits were read for it. With `is_complete` False time was over before there were enough of them.
    """

    commits: tuple[Commit, ...]
    at: str | None
    looked_at: int
    is_complete: bool = True


@dataclass(frozen=True, slots=True)
class Origin:
    """The name that a file or folder had before a commit gave it another one; `commit` is the last that had the old name."""

    path: FilePath
    commit: CommitId


MOST_CHILDREN = 50
"""Children of a commit that are looked for; a commit from which ten thousand branches begin has ten thousand."""


@dataclass(frozen=True, slots=True)
class Children:
    """Commits that have one as a parent, MOST_CHILDREN at most; with `is_complete` False not all that came after it was looked
    through, for there are as many, or there was no time."""

    ids: tuple[CommitId, ...]
    is_complete: bool = True


@dataclass(frozen=True, slots=True)
class Divergence:
    """How many commits one has that the other has not, and the other way round."""

    ahead: int
    behind: int


class Matcher:
    """Tells by the texts of a commit whether it is wanted."""

    def __init__(self, wanted: CommitFilter) -> None:
        self._author = wanted.author.casefold()
        self._text = wanted.text.casefold()
        self._since = wanted.since.timestamp() if wanted.since else None
        self._until = wanted.until.timestamp() if wanted.until else None

    def is_older(self, seconds: float) -> bool:
        return self._since is not None and seconds < self._since

    def fits(self, seconds: float, author: bytes, message: bytes) -> bool:
        """Whether it is; `seconds` since the epoch."""
        if self.is_older(seconds) or (self._until is not None and seconds >= self._until):
            return False
        if self._author and self._author not in author.decode("utf-8", "replace").casefold():
            return False
        return not self._text or self._text in message.decode("utf-8", "replace").casefold()
