"""The form for a fork."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kallithea.pages.parts import (
    Choice,
    RepositoryHeader,
    Room,
    ShownRepository,
    one_line,
    repository_header,
    shown_errors,
)
from kallithea.pages.urls import Urls


@dataclass(frozen=True, slots=True)
class ForkValues:
    """What is in the form: `group` is the path of a group, empty for the top."""

    name: str
    group: str
    description: str
    is_private: bool = False


@dataclass(frozen=True, slots=True)
class ForkPage:
    """`groups` is empty where the visitor may create nowhere; then there is no form."""

    header: RepositoryHeader
    action: str
    name: str
    groups: tuple[Choice, ...]
    description: str
    is_private: bool
    must_be_private: bool
    errors: Mapping[str, str]
    error: str | None
    cancel_url: str


def fork_page(
    urls: Urls,
    repository: ShownRepository,
    *,
    values: ForkValues,
    places: Sequence[str],
    must_be_private: bool,
    errors: Mapping[str, str] | None = None,
    error: str | None = None,
) -> ForkPage:
    """The form; `places` are the paths of the groups to choose from, the empty one for the top."""
    return ForkPage(
        header=repository_header(urls, repository, room=Room.SUMMARY),
        action=urls.fork(repository.path),
        name=values.name,
        groups=tuple(Choice(place, _place_text(place), place == values.group) for place in places),
        description=values.description,
        is_private=values.is_private or must_be_private,
        must_be_private=must_be_private,
        errors=shown_errors(errors),
        error=one_line(error) if error else None,
        cancel_url=urls.repository(repository.path),
    )


def _place_text(path: str) -> str:
    return f"{one_line(path)}/" if path else "(the top, no group)"
