"""All groups of repositories, for administrators."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kallithea.pages.admin.sections import admin_sections
from kallithea.pages.parts import Tab, one_line
from kallithea.pages.urls import Urls


@dataclass(frozen=True, slots=True)
class GroupItem:
    """A group as the builder takes it."""

    path: str
    description: str
    owner: str


@dataclass(frozen=True, slots=True)
class GroupLine:
    path: str
    url: str
    description: str
    owner: str
    edit_url: str


@dataclass(frozen=True, slots=True)
class GroupsPage:
    sections: tuple[Tab, ...]
    lines: tuple[GroupLine, ...]
    filter_text: str
    find_url: str
    new_url: str
    first_url: str | None
    next_url: str | None


def groups_page(
    urls: Urls, groups: Sequence[GroupItem], *, filter_text: str = "", is_first: bool = True, next_after: str = ""
) -> GroupsPage:
    """A page of the list; `next_after` is where the next page goes on, if there is one."""
    return GroupsPage(
        sections=admin_sections(urls, "repo_groups"),
        lines=tuple(
            GroupLine(
                one_line(group.path),
                urls.group(group.path),
                one_line(group.description),
                one_line(group.owner),
                urls.edit_group(group.path),
            )
            for group in groups
        ),
        filter_text=filter_text,
        find_url=urls.groups(),
        new_url=urls.new_group(),
        first_url=None if is_first else urls.groups(filter_text=filter_text),
        next_url=urls.groups(filter_text=filter_text, after=next_after) if next_after else None,
    )
