"""The deploy keys of a repository."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kallithea.pages.account.ssh_keys import KeyItem, KeyLine, key_lines, typed_key
from kallithea.pages.parts import (
    Choice,
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

ACCESSES = (("read", "clone and pull"), ("write", "clone, pull and push"))


@dataclass(frozen=True, slots=True)
class DeployKeysPage:
    """Adding posts `public_key`, `description` and `access`, removing posts `del_public_key_fingerprint`."""

    header: RepositoryHeader
    sections: tuple[Tab, ...]
    keys: tuple[KeyLine, ...]
    is_served: bool
    public_key: str
    description: str
    accesses: tuple[Choice, ...]
    errors: Mapping[str, str]
    add_url: str
    delete_url: str


def deploy_keys_page(
    urls: Urls,
    repository: ShownRepository,
    keys: Sequence[KeyItem],
    *,
    is_served: bool,
    public_key: str = "",
    description: str = "",
    access: str = "read",
    errors: Mapping[str, str] | None = None,
) -> DeployKeysPage:
    """The keys; `is_served` says whether there is SSH here at all, the texts are what was typed last."""
    path = repository.path
    return DeployKeysPage(
        header=repository_header(urls, repository, room=Room.SETTINGS),
        sections=settings_sections(urls, path, chosen="Deploy keys"),
        keys=key_lines(keys),
        is_served=is_served,
        public_key=typed_key(public_key),
        description=one_line(description),
        accesses=choices(ACCESSES, access),
        errors=shown_errors(errors),
        add_url=urls.deploy_keys(path),
        delete_url=urls.deploy_keys_delete(path),
    )
