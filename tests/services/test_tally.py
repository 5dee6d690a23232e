"""Counting by value: weeks, authors, endings, and what hostile histories can make of them."""

from __future__ import annotations

from datetime import date, datetime, timezone

import pytest

from kallithea.lib.vcs import CountedCommit, Mailmap
from kallithea.services import tally as tallies
from kallithea.services.tally import Counts, EndingCount, Tally, counts_of, ending_of, endings_of, latest_week, monday, week_of

NOW = datetime(2026, 1, 1, 12, tzinfo=timezone.utc)
WEEK = latest_week(NOW)


def commit(when: int, name: str = "Ann", email: str = "ann@example.com", parents: int = 1) -> CountedCommit:
    return CountedCommit("a" * 40, ("b" * 40,) * parents, name, email, when)


def seconds(*day: int) -> int:
    return int(datetime(*day, tzinfo=timezone.utc).timestamp())  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("when", "first_day"),
    [((2026, 1, 1), (2025, 12, 29)), ((2025, 12, 29), (2025, 12, 29)), ((2025, 12, 28, 23, 59, 59), (2025, 12, 22))],
)
def test_a_week_begins_on_monday(when: tuple[int, ...], first_day: tuple[int, int, int]) -> None:
    assert monday(week_of(seconds(*when))) == date(*first_day)


@pytest.mark.parametrize("when", [0, -1, -(10**15), 10**18, seconds(2026, 2, 1), seconds(1989, 12, 31)])
def test_dates_that_cannot_be_are_counted_apart(when: int) -> None:
    found = Tally()

    found.add(commit(when), latest_week=WEEK)

    assert (found.commits, found.undated, found.weeks) == (1, 1, {})
    assert counts_of(found, ()).authors[0].first is None


def test_authors_are_told_apart_by_address() -> None:
    found = Tally()
    for name, email in (("Ann", "ann@example.com"), ("Ann Author", "ANN@example.com"), ("Ann", ""), ("", "")):
        found.add(commit(seconds(2025, 6, 1), name, email), latest_week=WEEK)

    assert [(one.name, one.commits) for one in counts_of(found, ()).authors] == [("Ann", 2), ("Ann", 1), ("nobody", 1)]


def test_authors_whom_the_mailmap_makes_one_are_one() -> None:
    found = Tally()
    found.add(commit(seconds(2025, 6, 1), "Ann", "old@example.com"), latest_week=WEEK)
    found.add(commit(seconds(2025, 3, 1), "A. Author", "ann@example.com"), latest_week=WEEK)
    found.add(commit(seconds(2025, 9, 1), "Bob", "bob@example.com"), latest_week=WEEK)
    mailmap = Mailmap(b"Ann Author <ann@example.com> <old@example.com>\nAnn Author <ann@example.com>\n")

    counts = counts_of(found, (), mailmap)

    assert [(one.name, one.commits) for one in counts.authors] == [("Ann Author", 2), ("Bob", 1)]
    assert (counts.authors[0].first, counts.authors[0].last) == (date(2025, 2, 24), date(2025, 5, 26))
    assert counts.author_count == 2


def test_a_million_authors_take_no_more_room_than_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tallies, "MOST_AUTHORS", 10)
    found = Tally()
    for number in range(50):
        found.add(commit(seconds(2025, 6, 1), "x" * 10_000, f"{number}@{'y' * 10_000}"), latest_week=WEEK)

    assert (len(found.authors), found.others, found.commits) == (10, 40, 50)
    assert len(found.packed()) < 2000


def test_a_tally_comes_back_as_it_was_kept() -> None:
    found = Tally(heads=["a"], base=["b"], goal=["c"], frontier=["d"])
    found.add(commit(seconds(2025, 6, 1), "Zoë \ud800", parents=2), latest_week=WEEK)

    assert Tally.unpacked(found.packed()) == found
    counts = counts_of(found, (EndingCount(".py", 1, 2),))
    assert Counts.unpacked(counts.packed()) == counts


def test_a_tally_of_another_format_is_counted_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    found = Tally(heads=["a"], commits=5)
    kept = found.packed()
    monkeypatch.setattr(tallies, "FORMAT", 2)

    assert Tally.unpacked(kept) == Tally()


@pytest.mark.parametrize(
    ("path", "ending"),
    [
        (b"a/b.py", ".py"),
        (b"B.PY", ".py"),
        (b"a.tar.gz", ".gz"),
        (b"src/Makefile", "makefile"),
        (b".gitignore", ""),
        (b"README", ""),
        (b"a.b/c", ""),
        (b"x." + b"y" * 17, ""),
        (b"x.\xff\xfe", ""),
        (b"x.<script>", ""),
    ],
)
def test_endings(path: bytes, ending: str) -> None:
    assert ending_of(path) == ending


def test_made_up_endings_are_counted_together() -> None:
    found = endings_of((f"x.e{number}".encode(), 1) for number in range(2000))

    assert len(found) <= tallies.MOST_ENDINGS + 1
    assert sum(one.files for one in found) == 2000
