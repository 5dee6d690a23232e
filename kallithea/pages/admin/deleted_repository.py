"""One deleted repository: what comes back with it, and what does not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kallithea.pages.admin.deleted_repositories import DeletedItem, DeletedLine, deleted_line
from kallithea.pages.admin.sections import admin_sections
from kallithea.pages.parts import Tab, one_line, shown_errors
from kallithea.pages.urls import Urls


@dataclass(frozen=True, slots=True)
class KeptItem:
    """What was kept of it beside what was pushed to it."""

    is_private: bool
    description: str
    grants: int
    followers: int
    pushes: int


@dataclass(frozen=True, slots=True)
class AboutDeleted:
    """What is known of one. `owner` is whose it will be; `kept` is None where it comes back alone; `is_taken` says that
    something else is where it was."""

    item: DeletedItem
    owner: str
    is_taken: bool = False
    kept: KeptItem | None = None
    left_out: tuple[str, ...] = ()
    to_make_again: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DeletedRepositoryPage:
    """Restoring posts `deleted`, the folder, with `path` and `owner`; removing posts it with `confirm`, the typed former path.

    `comes_back` are a few words each; it is empty where nothing is known but what was pushed. `left_out` had access, and are
    not there any more.
    """

    sections: tuple[Tab, ...]
    deleted_url: str
    line: DeletedLine
    folder: str
    path: str
    owner: str
    description: str
    comes_back: tuple[str, ...]
    left_out: tuple[str, ...]
    to_make_again: tuple[str, ...]
    is_taken: bool
    errors: Mapping[str, str]
    restore_url: str
    purge_url: str


def deleted_repository_page(
    urls: Urls, about: AboutDeleted, *, path: str = "", owner: str = "", errors: Mapping[str, str] | None = None
) -> DeletedRepositoryPage:
    """The page about one; `path` and `owner` are what was typed last, `errors` go by field name."""
    item = about.item
    return DeletedRepositoryPage(
        sections=admin_sections(urls, "repos"),
        deleted_url=urls.deleted_repositories(),
        line=deleted_line(urls, item),
        folder=item.folder,
        path=path or item.path,
        owner=owner or about.owner,
        description=one_line(about.kept.description) if about.kept else "",
        comes_back=_comes_back(about.kept) if about.kept else (),
        left_out=tuple(map(one_line, about.left_out)),
        to_make_again=tuple(map(one_line, about.to_make_again)),
        is_taken=about.is_taken,
        errors=shown_errors(errors),
        restore_url=urls.deleted_repositories("restore"),
        purge_url=urls.deleted_repositories("purge"),
    )


def _comes_back(kept: KeptItem) -> tuple[str, ...]:
    counted = (
        (kept.grants, "1 grant of its own", f"{kept.grants:,} grants of its own"),
        (kept.pushes, "1 push in its record", f"{kept.pushes:,} pushes in its record"),
        (kept.followers, "1 follower", f"{kept.followers:,} followers"),
    )
    return (
        "everything that was pushed to it",
        f"its settings: it is {'' if kept.is_private else 'not '}private, as it was",
        *(one if count == 1 else many for count, one, many in counted if count),
        "its former addresses, its forks, and tokens of people that are bound to it",
    )
