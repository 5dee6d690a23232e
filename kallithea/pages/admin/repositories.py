"""The repositories as those see them who keep the disk: the largest, and the deleted ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kallithea.lib.vcs import Discarded
from kallithea.pages.admin.sections import admin_sections
from kallithea.pages.parts import Moment, Tab, moment, one_line, size_text
from kallithea.pages.urls import Urls
from kallithea.services.overview import Counts, MeasuredRepository

DELETED_SHOWN = 100


@dataclass(frozen=True, slots=True)
class SizeLine:
    path: str
    url: str
    kind: str
    size: str


@dataclass(frozen=True, slots=True)
class DeletedLine:
    """`folder` is what the command that restores takes."""

    path: str
    folder: str
    at: Moment


@dataclass(frozen=True, slots=True)
class RepositoriesPage:
    """`unmeasured` and `more_deleted` are sentences, or nothing."""

    sections: tuple[Tab, ...]
    largest: tuple[SizeLine, ...]
    total: str
    unmeasured: str
    deleted: tuple[DeletedLine, ...]
    more_deleted: str
    create_url: str


def repositories_page(
    urls: Urls, *, counts: Counts, largest: Sequence[MeasuredRepository], deleted: Sequence[Discarded]
) -> RepositoriesPage:
    """The largest repositories, and the deleted ones, those deleted last first."""
    hidden = len(deleted) - DELETED_SHOWN
    return RepositoriesPage(
        sections=admin_sections(urls, "repos"),
        largest=tuple(SizeLine(one_line(r.path), urls.repository(r.path), r.kind.value, size_text(r.size)) for r in largest),
        total=size_text(counts.size),
        unmeasured=_unmeasured(counts.unmeasured),
        deleted=tuple(DeletedLine(one_line(d.path), one_line(d.folder), moment(d.at)) for d in deleted[:DELETED_SHOWN]),
        more_deleted=f"and {hidden:,} more" if hidden > 0 else "",
        create_url=urls.create_repository(),
    )


def _unmeasured(count: int) -> str:
    if not count:
        return ""
    return "1 repository is not measured yet." if count == 1 else f"{count:,} repositories are not measured yet."
