"""What people and the server did, for administrators."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from kallithea.pages.admin.sections import admin_sections
from kallithea.pages.parts import Moment, Tab, moment, one_line
from kallithea.pages.urls import Urls


@dataclass(frozen=True, slots=True)
class Deed:
    """An entry as the builder takes it; `sentence` has `{target}` where the name stands."""

    id: int
    at: datetime
    actor: str
    sentence: str
    target: str
    address: str
    transport: str
    before: Mapping[str, object] | None
    after: Mapping[str, object] | None


@dataclass(frozen=True, slots=True)
class DeedLine:
    """`changes` say of each value what it was and what it is."""

    at: Moment
    actor: str
    sentence: str
    origin: str
    changes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ActivityPage:
    sections: tuple[Tab, ...]
    lines: tuple[DeedLine, ...]
    newest_url: str | None
    older_url: str | None


def activity_page(urls: Urls, deeds: Sequence[Deed], *, is_first: bool, size: int) -> ActivityPage:
    """A page of the newest entries, or of older ones."""
    return ActivityPage(
        sections=admin_sections(urls, "activity"),
        lines=tuple(map(_line, deeds)),
        newest_url=None if is_first else urls.administration("activity"),
        older_url=urls.activity(before=deeds[-1].id) if len(deeds) >= size else None,
    )


def _line(deed: Deed) -> DeedLine:
    return DeedLine(
        at=moment(deed.at),
        actor=one_line(deed.actor),
        sentence=one_line(deed.sentence.replace("{target}", deed.target)),
        origin=one_line(f"{deed.transport} {deed.address}"),
        changes=tuple(_changes(deed.before or {}, deed.after or {})),
    )


def _changes(before: Mapping[str, object], after: Mapping[str, object]) -> list[str]:
    found = []
    for name in sorted({*before, *after}):
        old, new = (_text(values[name]) if name in values else "" for values in (before, after))
        found.append(one_line(f"{name}: {old} → {new}" if name in before else f"{name}: {new}"))
    return found


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (list, tuple)):
        return ", ".join(map(str, value))
    return "nothing" if value is None else str(value)
