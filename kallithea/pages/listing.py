"""A list of repositories with its filter, as the home page and the pages of groups show it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from kallithea.lib.vcs import CommitId, Kind
from kallithea.pages.parts import Badge, Moment, Pager, moment, one_line, pager
from kallithea.pages.urls import Urls


@dataclass(frozen=True, slots=True)
class LastChange:
    """The newest commit of a repository, as the ledger remembers it."""

    summary: str
    when: datetime
    commit_id: CommitId


@dataclass(frozen=True, slots=True)
class RepositoryItem:
    """A repository as the builder takes it; `remark` is a word on what it is not yet."""

    path: str
    description: str
    kind: Kind
    is_private: bool
    last_change: LastChange | None
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """One page of a search for repositories; `total` counts all pages, and need not count beyond 1,001; None: not counted."""

    items: Sequence[RepositoryItem]
    total: int | None
    page: int = 1
    page_size: int = 25
    filter_text: str = ""
    kind: Kind | None = None
    is_beginning: bool = True


@dataclass(frozen=True, slots=True)
class ChangeLine:
    summary: str
    url: str
    when: Moment


@dataclass(frozen=True, slots=True)
class RepositoryLine:
    """A repository in the list; `folder` is the part of its path before the name, with its slash."""

    folder: str
    name: str
    url: str
    description: str
    kind: str
    is_private: bool
    remark: str
    last_change: ChangeLine | None


@dataclass(frozen=True, slots=True)
class RepositoryListing:
    """`is_filtered` tells an empty list from a filter that nothing matches, and `first_url` from a page behind the last; it is
    empty at the beginning."""

    lines: tuple[RepositoryLine, ...]
    action: str
    filter_text: str
    kind: str
    kinds: tuple[Badge, ...]
    is_filtered: bool
    all_url: str
    first_url: str
    pager: Pager


def repository_listing(urls: Urls, found: Found, *, group: str = "") -> RepositoryListing:
    """The list below a group, or of the whole instance."""

    def address(
        *,
        filter_text: str = found.filter_text,
        kind: Kind | None = found.kind,
        page: int = 1,
        after: str = "",
        before: str = "",
    ) -> str:
        if group:
            return urls.group(group, filter_text=filter_text, kind=kind, page=page, after=after, before=before)
        return urls.home(filter_text=filter_text, kind=kind, page=page, after=after, before=before)

    # The first page is where the list begins, whatever came meanwhile.
    first = found.items[0].path if found.items and found.page > 2 else ""
    last = found.items[-1].path if found.items else ""

    return RepositoryListing(
        lines=tuple(_line(urls, item, group) for item in found.items),
        action=address(filter_text="", kind=None),
        filter_text=found.filter_text,
        kind=found.kind.value if found.kind else "",
        kinds=_kinds(found.kind, lambda kind: address(kind=kind)),
        is_filtered=bool(found.filter_text or found.kind),
        all_url=address(filter_text="", kind=None),
        first_url="" if found.is_beginning else address(),
        pager=pager(
            page=found.page,
            page_size=found.page_size,
            shown=len(found.items),
            total=found.total,
            newer_url=address(page=found.page - 1, before=first),
            older_url=address(page=found.page + 1, after=last),
        ),
    )


def repository_lines(urls: Urls, items: Sequence[RepositoryItem]) -> tuple[RepositoryLine, ...]:
    """Repositories in a list without a filter."""
    return tuple(_line(urls, item, "") for item in items)


def _kinds(chosen: Kind | None, address: Callable[[Kind | None], str]) -> tuple[Badge, ...]:
    kinds = [Badge("all", "chosen" if chosen is None else "", address(None))]
    kinds += [Badge(kind.value, f"{kind.value} chosen" if kind is chosen else kind.value, address(kind)) for kind in Kind]
    return tuple(kinds)


def _line(urls: Urls, item: RepositoryItem, group: str) -> RepositoryLine:
    below = item.path.removeprefix(f"{group}/") if group else item.path
    folder, slash, name = below.rpartition("/")
    return RepositoryLine(
        folder=one_line(folder) + slash,
        name=one_line(name),
        url=urls.repository(item.path),
        description=one_line(item.description),
        kind=item.kind.value,
        is_private=item.is_private,
        remark=item.remark,
        last_change=_change(urls, item.path, item.last_change),
    )


def _change(urls: Urls, path: str, change: LastChange | None) -> ChangeLine | None:
    if change is None:
        return None
    return ChangeLine(one_line(change.summary) or "(no message)", urls.changeset(path, change.commit_id), moment(change.when))
