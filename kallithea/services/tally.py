"""What statistics know of a history: counts by week and author, and how far counting has come. Values only; no database."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from typing import Any

from kallithea.lib.vcs import CountedCommit, Mailmap

FORMAT = 1
"""Changes when a tally means something else; one of another format is counted anew."""
WEEK = 7 * 86400
MONDAY = 4 * 86400
"""The first Monday after the epoch, in seconds."""
FIRST_WEEK = 1043
"""The week of 1990-01-01: what claims to be older than any version control has no date."""
MOST_AUTHORS = 20_000
"""More are counted together: somebody could make a million up."""
AUTHORS_SHOWN = 100
LONGEST_NAME = 100
MOST_ENDINGS = 500
LONGEST_ENDING = 16


@dataclass(slots=True)
class AuthorTally:
    """One author: `first` and `last` are weeks, 0 where no commit has a date."""

    name: str
    commits: int = 0
    first: int = 0
    last: int = 0


@dataclass(slots=True)
class Tally:
    """The counts. `heads` and what they come from is counted whole; `base`, `goal` and `frontier` are about a count under way:
    what of the ancestors of `goal` without those of `base` is not counted yet are the ancestors of `frontier`."""

    heads: list[str] = field(default_factory=list)
    base: list[str] = field(default_factory=list)
    goal: list[str] = field(default_factory=list)
    frontier: list[str] = field(default_factory=list)
    commits: int = 0
    undated: int = 0
    merges: int = 0
    weeks: dict[int, int] = field(default_factory=dict)
    authors: dict[str, AuthorTally] = field(default_factory=dict)
    others: int = 0
    """Commits of authors beyond MOST_AUTHORS."""

    def add(self, commit: CountedCommit, *, latest_week: int) -> None:
        """Count one commit."""
        self.commits += 1
        self.merges += len(commit.parents) > 1
        week = week_of(commit.when)
        if not FIRST_WEEK <= week <= latest_week:
            self.undated, week = self.undated + 1, 0
        else:
            self.weeks[week] = self.weeks.get(week, 0) + 1
        key, name = canonical(commit.name, commit.email)
        author = self.authors.get(key)
        if author is None:
            if len(self.authors) >= MOST_AUTHORS:
                self.others += 1
                return
            author = self.authors[key] = AuthorTally(name)
        author.commits += 1
        if week:
            author.first = min(author.first or week, week)
            author.last = max(author.last, week)

    def packed(self) -> bytes:
        """The bytes to keep."""
        facts: dict[str, Any] = {name: getattr(self, name) for name in _PLAIN}
        facts["format"] = FORMAT
        facts["weeks"] = [[week, number] for week, number in sorted(self.weeks.items())]
        facts["authors"] = {key: [a.name, a.commits, a.first, a.last] for key, a in self.authors.items()}
        return _pack(facts)

    @classmethod
    def unpacked(cls, content: bytes) -> Tally:
        """What `packed` kept; an empty tally for what an older release kept."""
        facts = _unpack(content)
        if facts.get("format") != FORMAT:
            return cls()
        tally = cls(**{name: facts[name] for name in _PLAIN})
        tally.weeks = dict(facts["weeks"])
        tally.authors = {key: AuthorTally(*values) for key, values in facts["authors"].items()}
        return tally


_PLAIN = ("heads", "base", "goal", "frontier", "commits", "undated", "merges", "others")


@dataclass(frozen=True, slots=True)
class AuthorCount:
    """An author in the statistics; `first` and `last` are the Mondays of weeks, None where no commit has a date."""

    name: str
    commits: int
    first: date | None
    last: date | None


@dataclass(frozen=True, slots=True)
class EndingCount:
    """The files of one ending, such as `.py`; empty for names without one."""

    ending: str
    files: int
    size: int


@dataclass(frozen=True, slots=True)
class Counts:
    """What the page shows: `weeks` are Mondays; `authors` the first ones of `author_count`."""

    commits: int = 0
    merges: int = 0
    undated: int = 0
    weeks: tuple[tuple[date, int], ...] = ()
    authors: tuple[AuthorCount, ...] = ()
    author_count: int = 0
    endings: tuple[EndingCount, ...] = ()

    def packed(self) -> bytes:
        """The bytes to keep."""
        return _pack(
            {
                "commits": self.commits,
                "merges": self.merges,
                "undated": self.undated,
                "weeks": [[day.isoformat(), number] for day, number in self.weeks],
                "authors": [[a.name, a.commits, _iso(a.first), _iso(a.last)] for a in self.authors],
                "author_count": self.author_count,
                "endings": [[e.ending, e.files, e.size] for e in self.endings],
            }
        )

    @classmethod
    def unpacked(cls, content: bytes) -> Counts:
        """What `packed` kept."""
        facts = _unpack(content)
        return cls(
            commits=facts["commits"],
            merges=facts["merges"],
            undated=facts["undated"],
            weeks=tuple((date.fromisoformat(day), number) for day, number in facts["weeks"]),
            authors=tuple(AuthorCount(name, n, _date(first), _date(last)) for name, n, first, last in facts["authors"]),
            author_count=facts["author_count"],
            endings=tuple(EndingCount(*values) for values in facts["endings"]),
        )


def counts_of(tally: Tally, endings: tuple[EndingCount, ...], mailmap: Mailmap = Mailmap()) -> Counts:
    """What is shown of a tally; `mailmap` says which authors are the same."""
    busiest = sorted(_people(tally, mailmap), key=lambda author: (-author.commits, author.name.casefold()))
    return Counts(
        commits=tally.commits,
        merges=tally.merges,
        undated=tally.undated,
        weeks=tuple((monday(week), number) for week, number in sorted(tally.weeks.items())),
        authors=tuple(
            AuthorCount(a.name, a.commits, monday(a.first) if a.first else None, monday(a.last) if a.last else None)
            for a in busiest[:AUTHORS_SHOWN]
        ),
        author_count=len(busiest),
        endings=endings,
    )


def _people(tally: Tally, mailmap: Mailmap) -> Iterable[AuthorTally]:
    if not mailmap:
        return tally.authors.values()
    found: dict[str, AuthorTally] = {}
    for address, author in tally.authors.items():
        key, name = canonical(*mailmap.person(author.name, address))
        person = found.setdefault(key, AuthorTally(name))
        person.commits += author.commits
        person.first = min(filter(None, (person.first, author.first)), default=0)
        person.last = max(person.last, author.last)
    return found.values()


def endings_of(files: Iterable[tuple[bytes, int]]) -> tuple[EndingCount, ...]:
    """Files and bytes by the ending of the name, most bytes first."""
    found: dict[str, list[int]] = {}
    for path, size in files:
        ending = ending_of(path)
        if ending not in found and len(found) >= MOST_ENDINGS:
            ending = ""
        numbers = found.setdefault(ending, [0, 0])
        numbers[0] += 1
        numbers[1] += size
    counted = [EndingCount(ending, files_, size) for ending, (files_, size) in found.items()]
    return tuple(sorted(counted, key=lambda one: (-one.size, one.ending)))


def ending_of(path: bytes) -> str:
    """The ending of a file's name in lower case: `.py`, and `makefile` for one that says it all; empty for others."""
    name = path.rpartition(b"/")[2].decode("utf-8", "replace").lower()
    if name in WHOLE_NAMES:
        return name
    stem, dot, ending = name.rpartition(".")
    is_plain = bool(stem and dot) and ending.isalnum() and ending.isascii() and len(ending) <= LONGEST_ENDING
    return f".{ending}" if is_plain else ""


WHOLE_NAMES = frozenset({"makefile", "dockerfile", "rakefile", "gemfile"})


def canonical(name: str, email: str) -> tuple[str, str]:
    """What tells authors apart, and the name to show. A `.mailmap` is asked when they are shown."""
    shown = " ".join(name.split())[:LONGEST_NAME] or email[:LONGEST_NAME] or "nobody"
    return (email.strip().casefold() or shown.casefold())[:LONGEST_NAME], shown


def week_of(seconds: int) -> int:
    """The number of the week, which begins on Monday, UTC."""
    return (seconds - MONDAY) // WEEK


def monday(week: int) -> date:
    """The first day of a week."""
    return date(1970, 1, 5) + timedelta(days=7 * week)


def latest_week(now: datetime) -> int:
    """The last week that a commit may be from: clocks of authors may be ahead by a day."""
    return week_of(int((now + timedelta(days=1)).astimezone(timezone.utc).timestamp()))


def _pack(facts: Mapping[str, Any]) -> bytes:
    return zlib.compress(json.dumps(facts, separators=(",", ":")).encode("utf-8", "surrogatepass"), 6)


def _unpack(content: bytes) -> dict[str, Any]:
    facts: dict[str, Any] = json.loads(zlib.decompress(content))
    return facts


def _iso(day: date | None) -> str:
    return day.isoformat() if day else ""


def _date(text: str) -> date | None:
    return date.fromisoformat(text) if text else None
