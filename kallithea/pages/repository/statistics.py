"""What was counted in a history: commits over time, who wrote them, and in which languages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from kallithea.lib.languages import LANGUAGES
from kallithea.pages.parts import (
    Moment,
    Person,
    RepositoryHeader,
    Room,
    ShownRepository,
    moment,
    named,
    repository_header,
    size_text,
)
from kallithea.pages.urls import Urls
from kallithea.services.statistics import Counted
from kallithea.services.tally import AuthorCount, Counts, EndingCount

AUTHORS_SHOWN = 25
LANGUAGES_SHOWN = 12
MOST_BARS = 104
"""Bars from which on each stands for a longer time."""
FEWEST_BARS = 26
"""A short time is shown with weeks before it, as one week is no wall."""
WIDTH, HEIGHT = 1000, 120
"""The chart, in its own units."""
COLOURS = 5
OTHER = "Other files"


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar, in the units of the chart; `text` says what it is about."""

    x: float
    y: float
    width: float
    height: float
    text: str


@dataclass(frozen=True, slots=True)
class TimeRow:
    """One line of the table beside the chart."""

    when: str
    commits: str


@dataclass(frozen=True, slots=True)
class Chart:
    """Commits over time; `unit` is what a bar stands for."""

    unit: str
    bars: tuple[Bar, ...]
    rows: tuple[TimeRow, ...]
    first: str
    last: str
    highest: str


@dataclass(frozen=True, slots=True)
class AuthorLine:
    person: Person
    commits: str
    share: str
    width: float
    years: str


@dataclass(frozen=True, slots=True)
class LanguageLine:
    """`x` and `width` are its part of the whole bar; `colour` is 0 for what is other."""

    name: str
    files: str
    size: str
    share: str
    x: float
    width: float
    colour: int


@dataclass(frozen=True, slots=True)
class StatisticsPage:
    """`progress` is there while counting; `percent` is how far it is, None before it began."""

    header: RepositoryHeader
    progress: str | None
    percent: int | None
    again_url: str
    counted_at: Moment | None
    facts: tuple[str, ...]
    chart: Chart | None
    authors: tuple[AuthorLine, ...]
    more_authors: str | None
    languages: tuple[LanguageLine, ...]
    is_empty: bool


def statistics_page(urls: Urls, repository: ShownRepository, counted: Counted) -> StatisticsPage:
    """The page, as far as counting has come."""
    counts = counted.counts or Counts()
    more = counts.author_count - min(len(counts.authors), AUTHORS_SHOWN)
    return StatisticsPage(
        header=repository_header(urls, repository, room=Room.SUMMARY),
        progress=_progress(counted),
        percent=100 * counted.counted // counted.expected if counted.expected and not counted.is_complete else None,
        again_url=urls.statistics(repository.path),
        counted_at=_at(counted.at),
        facts=_facts(counts),
        chart=chart(counts.weeks),
        authors=tuple(_author(author, counts) for author in counts.authors[:AUTHORS_SHOWN]),
        more_authors=f"and {more:,} more" if more > 0 else None,
        languages=languages(counts.endings),
        is_empty=counted.is_complete and not counts.commits,
    )


def _progress(counted: Counted) -> str | None:
    if counted.is_complete:
        return None
    if counted.counts is None:
        return "The history of this repository will be counted within the hour."
    return f"Being counted: {counted.counted:,} of {counted.expected:,} commits so far, the newest first."


def _at(when: datetime | None) -> Moment | None:
    return moment(when) if when else None


def _facts(counts: Counts) -> tuple[str, ...]:
    facts = [_number(counts.commits, "commit"), _number(counts.merges, "merge"), _number(counts.author_count, "author")]
    if counts.undated:
        facts.append(f"{counts.undated:,} with a date that cannot be")
    return tuple(facts)


def _number(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def chart(weeks: Sequence[tuple[date, int]]) -> Chart | None:
    """The chart of commits by week, month, quarter or year, whichever makes few enough bars; None without dates."""
    if not weeks:
        return None
    unit, steps = next((unit, steps) for unit in UNITS if len(steps := _steps(unit, weeks)) <= MOST_BARS or unit == "year")
    steps = [*_before(weeks[0][0], FEWEST_BARS - len(steps)), *steps] if unit == "week" else steps[-10 * MOST_BARS :]
    highest = max(number for _, number in steps) or 1
    width = WIDTH / len(steps)
    bars = tuple(
        Bar(
            x=round(place * width, 2),
            y=round(HEIGHT - HEIGHT * number / highest, 2),
            width=round(width * 0.85, 2),
            height=round(HEIGHT * number / highest, 2),
            text=f"{name}: {_number(number, 'commit')}",
        )
        for place, (name, number) in enumerate(steps)
        if number
    )
    rows = tuple(TimeRow(name, f"{number:,}") for name, number in reversed(steps) if number)
    return Chart(unit, bars, rows, steps[0][0], steps[-1][0], f"{highest:,}")


def _before(monday: date, count: int) -> list[tuple[str, int]]:
    """So many weeks without commits before a day, as far as there is a calendar."""
    count = min(count, (monday - date.min).days // 7)
    return [(_name("week", monday - timedelta(days=7 * back)), 0) for back in range(count, 0, -1)]


UNITS = ("week", "month", "quarter", "year")


def _steps(unit: str, weeks: Sequence[tuple[date, int]]) -> list[tuple[str, int]]:
    """Every step from the first to the last, those without commits too: a name such as `2026-11` and the number."""
    found: dict[str, int] = {}
    day, last = weeks[0][0], weeks[-1][0]
    while day <= last:
        found.setdefault(_name(unit, day), 0)
        day += timedelta(days=7)
    for monday, number in weeks:
        found[_name(unit, monday)] += number
    return list(found.items())


def _name(unit: str, day: date) -> str:
    if unit == "week":
        return day.isoformat()
    if unit == "month":
        return f"{day.year}-{day.month:02}"
    return f"{day.year} Q{(day.month + 2) // 3}" if unit == "quarter" else str(day.year)


def _author(author: AuthorCount, counts: Counts) -> AuthorLine:
    most = counts.authors[0].commits or 1
    years = "" if author.first is None or author.last is None else _years(author.first.year, author.last.year)
    return AuthorLine(
        person=named(author.name),
        commits=f"{author.commits:,}",
        share=_share(author.commits, counts.commits),
        width=round(100 * author.commits / most, 1),
        years=years,
    )


def _years(first: int, last: int) -> str:
    return str(first) if first == last else f"{first} to {last}"


def languages(endings: Sequence[EndingCount]) -> tuple[LanguageLine, ...]:
    """The languages of the files, most bytes first; what has no known language, or is little, comes last as one."""
    found: dict[str, list[int]] = {}
    for one in endings:
        numbers = found.setdefault(LANGUAGES.get(one.ending, OTHER), [0, 0])
        numbers[0] += one.files
        numbers[1] += one.size
    other = found.pop(OTHER, [0, 0])
    ranked = sorted(found.items(), key=lambda item: (-item[1][1], item[0]))
    for _, numbers in ranked[LANGUAGES_SHOWN:]:
        other = [other[0] + numbers[0], other[1] + numbers[1]]
    shown = [*ranked[:LANGUAGES_SHOWN], *([(OTHER, other)] if other[0] else [])]
    total = sum(numbers[1] for _, numbers in shown)
    lines, x = [], 0.0
    for place, (name, (files, size)) in enumerate(shown, start=1):
        width = 100 * size / total if total else 0.0
        colour = place if place <= COLOURS and name != OTHER else 0
        lines.append(
            LanguageLine(name, f"{files:,}", size_text(size), _share(size, total), round(x, 2), round(width, 2), colour)
        )
        x += width
    return tuple(lines)


def _share(part: int, total: int) -> str:
    if not total or not part:
        return "0 %"
    percent = 100 * part / total
    return "< 0.1 %" if percent < 0.1 else f"{percent:.1f} %"
