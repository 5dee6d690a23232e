"""The filters of a history: what was asked for, as a form, as marks that can be taken away, and as addresses."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from kallithea.lib.vcs import Feature
from kallithea.pages.parts import Badge, ShownRepository, one_line
from kallithea.pages.urls import Urls

_FIELDS = (
    # name, label, what stands in the empty field, type
    ("author", "Author", "Name or address", "search"),
    ("since", "From", "2026-01-31", "date"),
    ("until", "Up to", "2026-12-31", "date"),
    ("path", "File or folder", "folder/name", "search"),
    ("rev", "Query", "branch(stable) and not merge()", "search"),
)

_DAY = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is wanted of a history, as it was typed; days are `2026-01-31`, both included, in UTC. `rev` is a query in
    Mercurial's language."""

    branch: str = ""
    text: str = ""
    author: str = ""
    since: str = ""
    until: str = ""
    path: str = ""
    rev: str = ""

    @property
    def filters(self) -> dict[str, str]:
        """All but the branch, by the names that addresses give them."""
        return {"text": self.text.strip(), **{name: str(getattr(self, name)).strip() for name, *_ in _FIELDS}}

    @property
    def is_search(self) -> bool:
        """Whether commits are left out, so that there is no graph to draw."""
        return any(self.filters.values())


@dataclass(frozen=True, slots=True)
class FilterField:
    """An input of the form."""

    name: str
    label: str
    example: str
    type: str
    value: str


@dataclass(frozen=True, slots=True)
class FilterForm:
    """`active` are the filters in force, each a link that takes it away; `is_open` says that the lesser fields are in use."""

    text: str
    fields: tuple[FilterField, ...]
    is_open: bool
    active: tuple[Badge, ...]
    error: str | None
    hint: str | None


def filter_form(
    urls: Urls, repository: ShownRepository, wanted: Wanted, *, size: int, error: str | None = None, hint: str | None = None
) -> FilterForm:
    """The form as it was filled in. `error` says what is wrong with it."""
    fields = tuple(
        FilterField(name, label, example, kind, _value(kind, getattr(wanted, name)))
        for name, label, example, kind in _FIELDS
        if name != "rev" or Feature.QUERIES in repository.features
    )
    return FilterForm(
        text=wanted.text,
        fields=fields,
        is_open=any(getattr(wanted, field.name) for field in fields),
        active=tuple(_active(urls, repository.path, wanted, size)),
        error=one_line(error) if error else None,
        hint=one_line(hint) if hint else None,
    )


def _value(kind: str, typed: str) -> str:
    """What a field begins with; one for a day takes nothing else."""
    return typed if kind != "date" or _DAY.fullmatch(typed) else ""


def _active(urls: Urls, path: str, wanted: Wanted, size: int) -> list[Badge]:
    labels = {"branch": "Branch", "text": "Text", **{name: label for name, label, *_ in _FIELDS}}
    found = []
    for name, label in labels.items():
        if value := getattr(wanted, name):
            without = replace(wanted, **{name: ""})
            url = urls.changelog(path, branch=without.branch, filters=without.filters, size=size)
            found.append(Badge(f"{label}: {one_line(value)}", "filtered", url, "Take this filter away"))
    return found
