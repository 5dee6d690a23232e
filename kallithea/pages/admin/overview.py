"""Where administrators begin: how much there is, and what needs somebody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kallithea.pages.admin.sections import admin_sections
from kallithea.pages.parts import Tab, one_line, size_text
from kallithea.pages.urls import Urls
from kallithea.services.overview import Counts


@dataclass(frozen=True, slots=True)
class Tile:
    """One number with its noun; `more` says what it is made of."""

    number: str
    noun: str
    more: str
    url: str
    is_bad: bool = False


@dataclass(frozen=True, slots=True)
class OverviewPage:
    sections: tuple[Tab, ...]
    tiles: tuple[Tile, ...]
    warnings: tuple[str, ...]


def overview_page(urls: Urls, *, counts: Counts, jobs: Mapping[str, int], warnings: Sequence[str]) -> OverviewPage:
    """The numbers, each with the way to what it counts."""
    people = [f"{counts.administrators:,} {_word(counts.administrators, 'administrator', 'administrators')}"]
    people += [f"{counts.disabled:,} disabled"] if counts.disabled else []
    failed, waiting = jobs.get("failed", 0), jobs.get("waiting", 0)
    repositories = counts.hg + counts.git
    return OverviewPage(
        sections=admin_sections(urls, ""),
        tiles=(
            _tile(counts.people, "account", "accounts", ", ".join(people), urls.users()),
            _tile(counts.user_groups, "group of users", "groups of users", "", urls.user_groups()),
            _tile(
                repositories,
                "repository",
                "repositories",
                f"{counts.hg:,} hg, {counts.git:,} git, {size_text(counts.size)}",
                urls.administration("repos"),
            ),
            _tile(counts.groups, "group of repositories", "groups of repositories", "", urls.home()),
            Tile(
                f"{jobs.get('running', 0) + waiting:,}",
                "jobs to do",
                f"{failed:,} failed" if failed else "none failed",
                urls.administration("jobs"),
                is_bad=bool(failed),
            ),
        ),
        warnings=tuple(map(one_line, warnings)),
    )


def _tile(number: int, noun: str, plural: str, more: str, url: str) -> Tile:
    return Tile(f"{number:,}", _word(number, noun, plural), more, url)


def _word(number: int, noun: str, plural: str) -> str:
    return noun if number == 1 else plural
