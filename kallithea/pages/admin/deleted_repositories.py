"""The deleted repositories that can still be restored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from kallithea.pages.admin.sections import admin_sections
from kallithea.pages.parts import Moment, Tab, moment, one_line, size_text
from kallithea.pages.urls import Urls


@dataclass(frozen=True, slots=True)
class DeletedItem:
    """A deleted repository as the builders take it: in which folder it is kept, where it was, when and by whom it was deleted.

    What is not known of one that an older release deleted is empty; `kept_until` is None where nothing removes it by itself.
    """

    folder: str
    path: str
    kind: str
    at: datetime
    by: str = ""
    size: int | None = None
    kept_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class DeletedLine:
    """`kind`, `by` and `size` may be empty."""

    path: str
    kind: str
    at: Moment
    by: str
    size: str
    kept_until: Moment | None
    restore_url: str


@dataclass(frozen=True, slots=True)
class DeletedRepositoriesPage:
    sections: tuple[Tab, ...]
    repositories_url: str
    lines: tuple[DeletedLine, ...]
    filter_text: str
    find_url: str
    first_url: str | None
    next_url: str | None


def deleted_repositories_page(
    urls: Urls, found: Sequence[DeletedItem], *, filter_text: str = "", is_first: bool = True, next_after: str = ""
) -> DeletedRepositoriesPage:
    """A page of the list; `next_after` is where the next page goes on, if there is one."""
    return DeletedRepositoriesPage(
        sections=admin_sections(urls, "repos"),
        repositories_url=urls.administration("repos"),
        lines=tuple(deleted_line(urls, item) for item in found),
        filter_text=filter_text,
        find_url=urls.deleted_repositories(),
        first_url=None if is_first else urls.deleted_repositories(filter_text=filter_text),
        next_url=urls.deleted_repositories(filter_text=filter_text, after=next_after) if next_after else None,
    )


def deleted_line(urls: Urls, item: DeletedItem) -> DeletedLine:
    """One of them, for people."""
    return DeletedLine(
        path=one_line(item.path),
        kind=item.kind,
        at=moment(item.at),
        by=one_line(item.by),
        size="" if item.size is None else size_text(item.size),
        kept_until=None if item.kept_until is None else moment(item.kept_until),
        restore_url=urls.deleted_repository(item.folder),
    )
