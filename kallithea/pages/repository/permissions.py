"""Who may do what with a repository."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kallithea.pages.parts import (
    Choice,
    Link,
    RepositoryHeader,
    Room,
    ShownRepository,
    Tab,
    choices,
    one_line,
    repository_header,
    shown_errors,
)
from kallithea.pages.repository.settings import settings_sections
from kallithea.pages.urls import Urls

ACCESSES = (("read", "read"), ("write", "read and push"), ("admin", "administer"))


@dataclass(frozen=True, slots=True)
class GrantItem:
    """A grant as the builder takes it.

    `principal` as the command line writes it (`user:alice`, `group:devs`, `anyone`, `members`), `name` as people say it.
    `inherited_from` is the path of the group that gives it, None for the repository's own; `is_in_force` is False where
    something, such as a private repository, takes it away.
    """

    principal: str
    name: str
    access: str
    inherited_from: str | None = None
    may_create: bool = False
    is_in_force: bool = True


@dataclass(frozen=True, slots=True)
class GrantLine:
    principal: str
    name: str
    access_text: str
    accesses: tuple[Choice, ...]
    origin: Link | None
    may_create: bool
    is_in_force: bool


@dataclass(frozen=True, slots=True)
class PermissionsPage:
    """Adding and changing post `principal` and `access`, removing posts `principal`."""

    header: RepositoryHeader
    sections: tuple[Tab, ...]
    owner: str
    is_private: bool
    own: tuple[GrantLine, ...]
    inherited: tuple[GrantLine, ...]
    new_principal: str
    new_accesses: tuple[Choice, ...]
    errors: Mapping[str, str]
    save_url: str
    delete_url: str


def permissions_page(
    urls: Urls,
    repository: ShownRepository,
    *,
    owner: str,
    grants: Sequence[GrantItem],
    new_principal: str = "",
    new_access: str = "read",
    errors: Mapping[str, str] | None = None,
) -> PermissionsPage:
    """The grants, own ones first; `new_principal` and `new_access` are what was typed into the form for another one."""
    path = repository.path
    return PermissionsPage(
        header=repository_header(urls, repository, room=Room.SETTINGS),
        sections=settings_sections(urls, path, chosen="Permissions"),
        owner=one_line(owner),
        is_private=repository.is_private,
        own=tuple(_line(urls, grant) for grant in grants if grant.inherited_from is None),
        inherited=tuple(_line(urls, grant) for grant in grants if grant.inherited_from is not None),
        new_principal=new_principal,
        new_accesses=choices(ACCESSES, new_access),
        errors=shown_errors(errors),
        save_url=urls.permissions(path),
        delete_url=urls.permissions_delete(path),
    )


def _line(urls: Urls, grant: GrantItem) -> GrantLine:
    return GrantLine(
        principal=grant.principal,
        name=one_line(grant.name),
        access_text=dict(ACCESSES).get(grant.access, one_line(grant.access)),
        accesses=choices(ACCESSES, grant.access),
        origin=_origin(urls, grant.inherited_from),
        may_create=grant.may_create,
        is_in_force=grant.is_in_force,
    )


def _origin(urls: Urls, group: str | None) -> Link | None:
    """Where a grant comes from; the empty path is the top, above all groups."""
    if group is None:
        return None
    return Link(one_line(group), urls.group(group)) if group else Link("everywhere", urls.home())
