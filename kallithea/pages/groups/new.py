"""The form for a new group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kallithea.pages.parts import one_line, shown_errors
from kallithea.pages.urls import Urls


@dataclass(frozen=True, slots=True)
class NewGroupPage:
    """`places` are the groups in which the visitor may create; posts `group_name`, the whole path, and
    `group_description`."""

    action: str
    name: str
    description: str
    may_create_at_top: bool
    places: tuple[str, ...]
    errors: Mapping[str, str]
    error: str | None
    cancel_url: str


def new_group_page(
    urls: Urls,
    *,
    name: str = "",
    description: str = "",
    may_create_at_top: bool,
    places: Sequence[str] = (),
    errors: Mapping[str, str] | None = None,
    error: str | None = None,
) -> NewGroupPage:
    """The form; `errors` by field, `error` about the whole."""
    parent = name.rpartition("/")[0].strip("/")
    return NewGroupPage(
        action=urls.groups(),
        name=name,
        description=description,
        may_create_at_top=may_create_at_top,
        places=tuple(map(one_line, places)),
        errors=shown_errors(errors),
        error=one_line(error) if error else None,
        cancel_url=urls.group(parent) if parent else urls.home(),
    )
