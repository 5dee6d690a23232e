"""The repositories as those see them who keep the disk: the largest, and how many are deleted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kallithea.pages.admin.sections import admin_sections
from kallithea.pages.parts import Tab, counted, one_line, size_text
from kallithea.pages.urls import Urls
from kallithea.services.overview import Counts, MeasuredRepository


@dataclass(frozen=True, slots=True)
class SizeLine:
    path: str
    url: str
    kind: str
    size: str


@dataclass(frozen=True, slots=True)
class RepositoriesPage:
    """`unmeasured` is a sentence, or nothing; `deleted` says how many are deleted, or nothing."""

    sections: tuple[Tab, ...]
    largest: tuple[SizeLine, ...]
    total: str
    unmeasured: str
    deleted: str
    deleted_url: str
    create_url: str


def repositories_page(urls: Urls, *, counts: Counts, largest: Sequence[MeasuredRepository], deleted: int) -> RepositoriesPage:
    """The largest repositories, and how many are deleted and can be restored."""
    return RepositoriesPage(
        sections=admin_sections(urls, "repos"),
        largest=tuple(SizeLine(one_line(r.path), urls.repository(r.path), r.kind.value, size_text(r.size)) for r in largest),
        total=size_text(counts.size),
        unmeasured=_unmeasured(counts.unmeasured),
        deleted=_deleted(deleted),
        deleted_url=urls.deleted_repositories(),
        create_url=urls.create_repository(),
    )


def _unmeasured(count: int) -> str:
    if not count:
        return ""
    return "1 repository is not measured yet." if count == 1 else f"{count:,} repositories are not measured yet."


def _deleted(count: int) -> str:
    if not count:
        return ""
    return "1 deleted repository is kept." if count == 1 else f"{counted(count)} deleted repositories are kept."
