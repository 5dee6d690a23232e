"""The server itself: versions, places, and what speaks against them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kallithea.pages.admin.sections import admin_sections
from kallithea.pages.parts import Tab, one_line
from kallithea.pages.urls import Urls
from kallithea.services.system import Fact, SystemReport


@dataclass(frozen=True, slots=True)
class FactLine:
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class SystemPage:
    """`as_text` is all of it, to be sent to somebody who helps."""

    sections: tuple[Tab, ...]
    warnings: tuple[str, ...]
    versions: tuple[FactLine, ...]
    places: tuple[FactLine, ...]
    environment: tuple[FactLine, ...]
    as_text: str


def system_page(urls: Urls, report: SystemReport) -> SystemPage:
    """The report as a page."""
    versions, places, environment = (_lines(facts) for facts in (report.versions, report.places, report.environment))
    return SystemPage(
        sections=admin_sections(urls, "system"),
        warnings=tuple(map(one_line, report.warnings)),
        versions=versions,
        places=places,
        environment=environment,
        as_text="\n".join(f"{line.name}: {line.value}" for line in (*versions, *environment)),
    )


def _lines(facts: Sequence[Fact]) -> tuple[FactLine, ...]:
    return tuple(FactLine(one_line(fact.name), one_line(fact.value)) for fact in facts)
