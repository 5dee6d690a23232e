"""Who follows a repository, and the button for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kallithea.pages.parts import (
    Pager,
    Person,
    RepositoryHeader,
    Room,
    ShownRepository,
    named,
    one_line,
    pager,
    repository_header,
)
from kallithea.pages.urls import Urls


@dataclass(frozen=True, slots=True)
class Follower:
    """Somebody by user name, and what they are called beside it; empty: nothing else."""

    person: Person
    shown_name: str


@dataclass(frozen=True, slots=True)
class FollowersPage:
    """`follow_url` and `unfollow_url` are where the button leads: at most one of them is there, none for visitors."""

    header: RepositoryHeader
    followers: tuple[Follower, ...]
    pager: Pager
    follow_url: str | None
    unfollow_url: str | None
    sign_in_url: str | None


def followers_page(
    urls: Urls,
    repository: ShownRepository,
    *,
    names: Sequence[str],
    shown_names: Mapping[str, str],
    total: int,
    page: int,
    page_size: int,
    does_follow: bool | None,
) -> FollowersPage:
    """One page of the followers; `does_follow` is None for visitors, who have to sign in first."""
    path = repository.path
    return FollowersPage(
        header=repository_header(urls, repository, room=Room.SUMMARY),
        followers=tuple(Follower(named(name), one_line(shown_names.get(name, ""))) for name in names),
        pager=pager(
            page=page,
            page_size=page_size,
            shown=len(names),
            total=total,
            newer_url=urls.followers(path, page=page - 1),
            older_url=urls.followers(path, page=page + 1),
        ),
        follow_url=urls.follow(path) if does_follow is False else None,
        unfollow_url=urls.unfollow(path) if does_follow else None,
        sign_in_url=urls.login(came_from=urls.followers(path)) if does_follow is None else None,
    )
