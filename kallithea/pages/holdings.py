"""What one person may do everywhere, as the own account and the administration show it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kallithea.pages.parts import one_line
from kallithea.pages.urls import Urls


@dataclass(frozen=True, slots=True)
class HoldingItem:
    """A repository or group as the builder takes it, with the word for the access."""

    path: str
    is_group: bool
    access: str


@dataclass(frozen=True, slots=True)
class HoldingLine:
    path: str
    url: str
    kind: str
    access: str
    why_url: str | None


@dataclass(frozen=True, slots=True)
class HoldingsPart:
    lines: tuple[HoldingLine, ...]
    first_url: str | None
    next_url: str | None


def holdings_part(
    urls: Urls, items: Sequence[HoldingItem], *, who: str = "", first_url: str | None = None, next_url: str | None = None
) -> HoldingsPart:
    """A page of the list; with `who` each line leads to the reasons, for those who may see them."""
    return HoldingsPart(tuple(_line(urls, item, who) for item in items), first_url, next_url)


def _line(urls: Urls, item: HoldingItem, who: str) -> HoldingLine:
    return HoldingLine(
        path=one_line(item.path),
        url=urls.group(item.path),
        kind="group" if item.is_group else "repository",
        access=one_line(item.access),
        why_url=urls.why(item.path, who, is_group=item.is_group) if who else None,
    )
