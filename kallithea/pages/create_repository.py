"""The form for a new repository."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kallithea.lib.vcs import Kind
from kallithea.pages.parts import Choice, choices, one_line, shown_errors
from kallithea.pages.urls import Urls

KIND_NAMES = {Kind.HG: "Mercurial", Kind.GIT: "Git"}


@dataclass(frozen=True, slots=True)
class NewRepositoryValues:
    """What was typed into the form, to show it again."""

    name: str = ""
    kind: Kind = Kind.HG
    description: str = ""
    is_private: bool = False


@dataclass(frozen=True, slots=True)
class CreateRepositoryPage:
    """`places` are the groups in which the visitor may create; `errors` go by field name."""

    action: str
    name: str
    kinds: tuple[Choice, ...]
    description: str
    is_private: bool
    may_create_at_top: bool
    places: tuple[str, ...]
    errors: Mapping[str, str]
    error: str | None
    cancel_url: str
    new_group_url: str


def create_repository_page(
    urls: Urls,
    *,
    values: NewRepositoryValues = NewRepositoryValues(),
    may_create_at_top: bool,
    places: Sequence[str] = (),
    errors: Mapping[str, str] | None = None,
    error: str | None = None,
) -> CreateRepositoryPage:
    """The form; `errors` by field (`repo_name`, …), `error` about the whole."""
    return CreateRepositoryPage(
        action=urls.create_repository(),
        name=values.name,
        kinds=choices(((kind.value, KIND_NAMES[kind]) for kind in Kind), values.kind.value),
        description=values.description,
        is_private=values.is_private,
        may_create_at_top=may_create_at_top,
        places=tuple(map(one_line, places)),
        errors=shown_errors(errors),
        error=one_line(error) if error else None,
        cancel_url=urls.home(),
        new_group_url=urls.new_group(parent_group=values.name.rpartition("/")[0]),
    )
