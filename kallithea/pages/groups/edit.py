"""The settings of a group."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kallithea.pages.group_head import GroupHead, GroupTab, group_head, group_sections
from kallithea.pages.parts import Link, Tab, one_line, shown_errors
from kallithea.pages.urls import Urls


@dataclass(frozen=True, slots=True)
class GroupValues:
    """What the form holds: the stored values, or what was typed last."""

    name: str
    description: str
    owner: str


@dataclass(frozen=True, slots=True)
class Inside:
    """What the visitor sees of what is in a group: paths of groups directly in it, and of the first repositories below it."""

    groups: tuple[str, ...] = ()
    repositories: tuple[str, ...] = ()
    has_more: bool = False


@dataclass(frozen=True, slots=True)
class EditGroupPage:
    """Saving posts `group_name`, the whole path, `group_description` and `owner`; deleting posts `confirm`, the typed path.

    Only an empty group can be deleted. Of another `inside` has what is in it, as far as the visitor may see that.
    """

    head: GroupHead
    sections: tuple[Tab, ...]
    name: str
    description: str
    owner: str
    errors: Mapping[str, str]
    save_url: str
    delete_url: str
    is_empty: bool
    inside: tuple[Link, ...]
    has_more: bool


def edit_group_page(
    urls: Urls, path: str, *, values: GroupValues, inside: Inside | None = None, errors: Mapping[str, str] | None = None
) -> EditGroupPage:
    """The settings of the group at `path`; `inside` is None for an empty one, and `errors` go by field name."""
    groups, repositories = (inside.groups, inside.repositories) if inside else ((), ())
    return EditGroupPage(
        head=group_head(urls, path, chosen=GroupTab.SETTINGS, may_administer=True),
        sections=group_sections(urls, path, chosen="General"),
        name=values.name,
        description=values.description,
        owner=one_line(values.owner),
        errors=shown_errors(errors),
        save_url=urls.edit_group(path),
        delete_url=urls.delete_group(path),
        is_empty=inside is None,
        inside=(
            *(Link(f"{one_line(group)}/", urls.group(group)) for group in groups),
            *(Link(one_line(repository), urls.repository(repository)) for repository in repositories),
        ),
        has_more=inside is not None and inside.has_more,
    )
