"""The forks of a repository that the visitor may read."""

from __future__ import annotations

from dataclasses import dataclass

from kallithea.pages.listing import Found, RepositoryLine, repository_lines
from kallithea.pages.parts import Pager, RepositoryHeader, Room, ShownRepository, pager, repository_header
from kallithea.pages.urls import Urls


@dataclass(frozen=True, slots=True)
class ForksPage:
    header: RepositoryHeader
    lines: tuple[RepositoryLine, ...]
    pager: Pager
    fork_url: str


def forks_page(urls: Urls, repository: ShownRepository, found: Found) -> ForksPage:
    """One page of the list."""
    path = repository.path
    return ForksPage(
        header=repository_header(urls, repository, room=Room.SUMMARY),
        lines=repository_lines(urls, found.items),
        pager=pager(
            page=found.page,
            page_size=found.page_size,
            shown=len(found.items),
            total=found.total,
            newer_url=urls.forks(path, page=found.page - 1),
            older_url=urls.forks(path, page=found.page + 1),
        ),
        fork_url=urls.fork(path),
    )
