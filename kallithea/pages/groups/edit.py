"""The settings of a group."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kallithea.pages.group_head import GroupHead, GroupTab, group_head, group_sections
from kallithea.pages.parts import Tab, one_line, shown_errors
from kallithea.pages.urls import Urls


@dataclass(frozen=True, slots=True)
class GroupValues:
    """What the form holds: the stored values, or what was typed last."""

    name: str
    description: str
    owner: str


@dataclass(frozen=True, slots=True)
class EditGroupPage:
    """Saving posts `group_name`, the whole path, `group_description` and `owner`; deleting posts `confirm`, the typed path."""

    head: GroupHead
    sections: tuple[Tab, ...]
    name: str
    description: str
    owner: str
    errors: Mapping[str, str]
    save_url: str
    delete_url: str


def edit_group_page(urls: Urls, path: str, *, values: GroupValues, errors: Mapping[str, str] | None = None) -> EditGroupPage:
    """The settings of the group at `path`; `errors` go by field name."""
    return EditGroupPage(
        head=group_head(urls, path, chosen=GroupTab.SETTINGS, may_administer=True),
        sections=group_sections(urls, path, chosen="General"),
        name=values.name,
        description=values.description,
        owner=one_line(values.owner),
        errors=shown_errors(errors),
        save_url=urls.edit_group(path),
        delete_url=urls.delete_group(path),
    )
