"""The top of every page of a group."""

from __future__ import annotations

from dataclasses import dataclass

from kallithea.pages.parts import Link, Tab, group_links, one_line
from kallithea.pages.urls import Urls


class GroupTab:
    """The tabs of a group; only who may administer it has any."""

    REPOSITORIES = "Repositories"
    SETTINGS = "Settings"


@dataclass(frozen=True, slots=True)
class GroupHead:
    """The way to a group and its rooms."""

    path: str
    parents: tuple[Link, ...]
    name: str
    url: str
    tabs: tuple[Tab, ...]


def group_head(urls: Urls, path: str, *, chosen: str, may_administer: bool) -> GroupHead:
    """The head of the group at `path`, with one tab marked as the one shown."""
    *parents, itself = group_links(urls, path)
    tabs = ((GroupTab.REPOSITORIES, itself.url), (GroupTab.SETTINGS, urls.edit_group(path)))
    return GroupHead(
        path=one_line(path),
        parents=tuple(parents),
        name=itself.text,
        url=itself.url,
        tabs=tuple(Tab(text, url, text == chosen) for text, url in tabs) if may_administer else (),
    )


def group_sections(urls: Urls, path: str, *, chosen: str) -> tuple[Tab, ...]:
    """The parts of the settings of a group, as tabs."""
    sections = (("General", urls.edit_group(path)), ("Permissions", urls.group_permissions(path)))
    return tuple(Tab(text, url, text == chosen) for text, url in sections)
