"""Who may do what with a repository."""

from __future__ import annotations

from dataclasses import dataclass

from kallithea.pages.grants import GrantsPart
from kallithea.pages.parts import RepositoryHeader, Room, ShownRepository, Tab, repository_header
from kallithea.pages.repository.settings import settings_sections
from kallithea.pages.urls import Urls


@dataclass(frozen=True, slots=True)
class PermissionsPage:
    header: RepositoryHeader
    sections: tuple[Tab, ...]
    grants: GrantsPart


def permissions_page(urls: Urls, repository: ShownRepository, grants: GrantsPart) -> PermissionsPage:
    """The page of a repository around its grants."""
    return PermissionsPage(
        header=repository_header(urls, repository, room=Room.SETTINGS),
        sections=settings_sections(urls, repository.path, chosen="Permissions"),
        grants=grants,
    )
