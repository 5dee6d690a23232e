"""A group: what it is for and the repositories below it."""

from __future__ import annotations

from dataclasses import dataclass

from kallithea.pages.group_head import GroupHead, GroupTab, group_head
from kallithea.pages.listing import Found, RepositoryListing, repository_listing
from kallithea.pages.parts import Link, one_line
from kallithea.pages.urls import Urls


@dataclass(frozen=True, slots=True)
class GroupPage:
    head: GroupHead
    description: str
    owner: str | None
    groups: tuple[Link, ...]
    listing: RepositoryListing
    create_url: str | None
    create_group_url: str | None
    sign_in_url: str | None


def group_page(
    urls: Urls,
    found: Found,
    *,
    path: str,
    description: str,
    owner: str | None,
    groups: tuple[str, ...] = (),
    is_signed_in: bool,
    may_create: bool,
    may_administer: bool = False,
) -> GroupPage:
    """The page of the group at `path`; `groups` are the paths of the groups directly in it, `found` lies anywhere below."""
    return GroupPage(
        head=group_head(urls, path, chosen=GroupTab.REPOSITORIES, may_administer=may_administer),
        description=one_line(description),
        owner=one_line(owner) if owner else None,
        groups=tuple(Link(one_line(group.rpartition("/")[2]), urls.group(group)) for group in groups),
        listing=repository_listing(urls, found, group=path),
        create_url=urls.create_repository(parent_group=path) if may_create else None,
        create_group_url=urls.new_group(parent_group=path) if may_create else None,
        sign_in_url=None if is_signed_in else urls.login(came_from=urls.group(path)),
    )
