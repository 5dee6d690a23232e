"""The settings of a repository."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kallithea.pages.parts import RepositoryHeader, Room, ShownRepository, Tab, repository_header, shown_errors
from kallithea.pages.urls import Urls


@dataclass(frozen=True, slots=True)
class RepositorySettings:
    """What the form holds: the stored values, or what was typed last."""

    name: str
    description: str
    is_private: bool
    owner: str
    issue_links: str = ""


@dataclass(frozen=True, slots=True)
class SettingsPage:
    """Saving posts `repo_name`, `repo_description`, `repo_private`, `owner` and `issue_links`; deleting posts
    `confirm`, the typed path."""

    header: RepositoryHeader
    sections: tuple[Tab, ...]
    name: str
    description: str
    is_private: bool
    owner: str
    issue_links: str
    permanent_url: str
    errors: Mapping[str, str]
    save_url: str
    delete_url: str


def settings_page(
    urls: Urls,
    repository: ShownRepository,
    *,
    number: int,
    values: RepositorySettings,
    errors: Mapping[str, str] | None = None,
) -> SettingsPage:
    """The settings form; `number` is the permanent one, `errors` go by field name."""
    return SettingsPage(
        header=repository_header(urls, repository, room=Room.SETTINGS),
        sections=settings_sections(urls, repository.path, chosen="General"),
        name=values.name,
        description=values.description,
        is_private=values.is_private,
        owner=values.owner,
        issue_links=values.issue_links,
        permanent_url=urls.repository_by_number(number),
        errors=shown_errors(errors),
        save_url=urls.save_repository(repository.path),
        delete_url=urls.delete_repository(repository.path),
    )


def settings_sections(urls: Urls, repository: str, *, chosen: str) -> tuple[Tab, ...]:
    """The parts of the settings, as tabs."""
    sections = (
        ("General", urls.settings(repository)),
        ("Permissions", urls.permissions(repository)),
        ("Deploy tokens", urls.deploy_tokens(repository)),
        ("Deploy keys", urls.deploy_keys(repository)),
    )
    return tuple(Tab(text, url, text == chosen) for text, url in sections)
