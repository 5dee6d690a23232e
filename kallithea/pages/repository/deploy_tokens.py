"""The deploy tokens of a repository."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kallithea.pages.parts import Choice, RepositoryHeader, Room, ShownRepository, Tab, choices, repository_header, shown_errors
from kallithea.pages.repository.settings import settings_sections
from kallithea.pages.token_parts import EXPIRES_USUALLY, FreshToken, TokenLine, expiries, token_line
from kallithea.pages.urls import Urls
from kallithea.services.deploy_tokens import DeployTokenFacts

ACCESSES = (("read", "read: clone and pull"), ("write", "write: also push"))


@dataclass(frozen=True, slots=True)
class NewDeployTokenValues:
    """What the form holds: as it begins, or what was typed last."""

    name: str = ""
    access: str = "read"
    expires: str = EXPIRES_USUALLY


@dataclass(frozen=True, slots=True)
class DeployTokensPage:
    """Making one posts `name`, `access` and `expires`; revoking one posts `token_id`."""

    header: RepositoryHeader
    sections: tuple[Tab, ...]
    fresh: FreshToken | None
    tokens: tuple[TokenLine, ...]
    name: str
    accesses: tuple[Choice, ...]
    expires: tuple[Choice, ...]
    errors: Mapping[str, str]
    save_url: str
    delete_url: str


def deploy_tokens_page(
    urls: Urls,
    repository: ShownRepository,
    *,
    tokens: Sequence[DeployTokenFacts],
    values: NewDeployTokenValues | None = None,
    errors: Mapping[str, str] | None = None,
    fresh: FreshToken | None = None,
) -> DeployTokensPage:
    """The list of tokens and the form for a new one; `fresh` is the one that was made just now."""
    values, path = values or NewDeployTokenValues(), repository.path
    return DeployTokensPage(
        header=repository_header(urls, repository, room=Room.SETTINGS),
        sections=settings_sections(urls, path, chosen="Deploy tokens"),
        fresh=fresh,
        tokens=tuple(token_line(token) for token in tokens),
        name=values.name,
        accesses=choices(ACCESSES, values.access),
        expires=expiries(values.expires),
        errors=shown_errors(errors),
        save_url=urls.deploy_tokens(path),
        delete_url=urls.deploy_tokens_delete(path),
    )
