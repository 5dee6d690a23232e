"""Who gains and who loses by a change of permissions, before it is made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kallithea.pages.parts import COUNT_LIMIT, Link, counted, one_line
from kallithea.pages.urls import Urls

SHOWN = 50
"""People of each side who are named; more are counted."""


@dataclass(frozen=True, slots=True)
class ChangeItem:
    """Somebody for whom something changes: the words for what they may do before and after."""

    name: str
    before: str
    after: str
    gains: bool


@dataclass(frozen=True, slots=True)
class ChangeLine:
    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Side:
    """Those who gain, or those who lose; `more` says how many are not named."""

    title: str
    lines: tuple[ChangeLine, ...]
    more: str


@dataclass(frozen=True, slots=True)
class PermissionChangePage:
    """The form posts `fields` to `save_url`, and then the change is made."""

    path: Link
    is_group: bool
    what: str
    sides: tuple[Side, ...]
    is_bounded: bool
    fields: tuple[tuple[str, str], ...]
    save_url: str
    cancel_url: str


def permission_change_page(
    urls: Urls,
    *,
    path: str,
    is_group: bool,
    what: str,
    changes: Sequence[ChangeItem],
    is_bounded: bool,
    fields: Mapping[str, str],
    save_url: str,
    cancel_url: str,
) -> PermissionChangePage:
    """The page before a change of the repository or group at `path`; `what` is the change in a sentence. `is_bounded` says that
    not everybody was looked at."""
    gains, losses = [c for c in changes if c.gains], [c for c in changes if not c.gains]
    return PermissionChangePage(
        path=Link(one_line(path), urls.group(path)),
        is_group=is_group,
        what=one_line(what),
        sides=tuple(_side(title, items) for title, items in (("Who gains", gains), ("Who loses", losses)) if items),
        is_bounded=is_bounded,
        fields=tuple(fields.items()),
        save_url=save_url,
        cancel_url=cancel_url,
    )


def _side(title: str, items: Sequence[ChangeItem]) -> Side:
    rest = len(items) - SHOWN
    return Side(
        title=title,
        lines=tuple(ChangeLine(one_line(item.name), item.before, item.after) for item in items[:SHOWN]),
        more=f"and {counted(min(rest, COUNT_LIMIT + 1))} more" if rest > 0 else "",
    )
