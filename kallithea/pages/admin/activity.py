"""What people and the server did, for administrators."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from kallithea.pages.admin.sections import admin_sections
from kallithea.pages.parts import Choice, Link, Moment, Pager, Tab, choices, moment, one_line
from kallithea.pages.urls import Urls

MOST_TEXT = 300
"""Letters of one value that a line shows; the downloads have all of it."""


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
    target_kind: str = ""
    target_id: int | None = None
    client: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """The filter as it was typed; days are `2026-01-31`, both included, in UTC."""

    actor: str = ""
    action: str = ""
    target: str = ""
    since: str = ""
    until: str = ""

    @property
    def fields(self) -> dict[str, str]:
        """By the names that addresses give them."""
        return {
            "actor": self.actor,
            "action": self.action,
            "target": self.target,
            "since": self.since,
            "until": self.until,
        }


@dataclass(frozen=True, slots=True)
class DeedLine:
    """`sentence` stands in front of the target and `rest` behind it; `changes` say of each value what it was and what it is."""

    at: Moment
    actor: Link
    sentence: str
    target: Link | None
    rest: str
    origin: str
    changes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ActivityPage:
    sections: tuple[Tab, ...]
    lines: tuple[DeedLine, ...]
    asked: Asked
    actions: tuple[Choice, ...]
    error: str
    is_filtered: bool
    action: str
    all_url: str
    downloads: tuple[Link, ...]
    pager: Pager


def activity_page(
    urls: Urls,
    deeds: Sequence[Deed],
    *,
    asked: Asked,
    actions: Mapping[str, str],
    has_newer: bool = False,
    has_older: bool = False,
    error: str = "",
) -> ActivityPage:
    """A page of the newest entries, or of older ones. `actions` are all that there are, with their sentences."""
    fields = asked.fields
    return ActivityPage(
        sections=admin_sections(urls, "activity"),
        lines=tuple(_line(urls, deed) for deed in deeds),
        asked=asked,
        actions=choices(_offered(actions), asked.action),
        error=one_line(error),
        is_filtered=any(fields.values()),
        action=urls.activity(),
        all_url=urls.activity(),
        downloads=tuple(Link(text, urls.activity(kind, fields)) for kind, text in (("csv", "CSV"), ("jsonl", "JSON lines"))),
        pager=Pager(
            text="",
            newer_url=urls.activity(query={**fields, "after": str(deeds[0].id)}) if has_newer and deeds else None,
            older_url=urls.activity(query={**fields, "before": str(deeds[-1].id)}) if has_older and deeds else None,
        ),
    )


def _offered(actions: Mapping[str, str]) -> list[tuple[str, str]]:
    """Every kind of deed, with all about one noun before its own."""
    found = [("", "anything")]
    for action in sorted(actions):
        noun = action.partition(".")[0]
        if noun not in (value for value, _ in found):
            found.append((noun, f"{noun.replace('_', ' ')}: anything"))
        found.append((action, action.replace("_", " ").replace(".", ": ")))
    return found


def _line(urls: Urls, deed: Deed) -> DeedLine:
    before, is_named, after = deed.sentence.partition("{target}")
    about = f"{deed.target_kind}:{deed.target_id}" if deed.target_id is not None else deed.target
    return DeedLine(
        at=moment(deed.at),
        actor=Link(one_line(deed.actor), urls.activity(query={"actor": deed.actor})),
        sentence=one_line(before),
        target=Link(one_line(deed.target) or "?", urls.activity(query={"target": about})) if is_named else None,
        rest=one_line(after),
        origin=one_line(f"{deed.transport} {deed.address or deed.client}"),
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
        return _shortened(", ".join(map(str, value)))
    return "nothing" if value is None or value == "" else _shortened(str(value))


def _shortened(text: str) -> str:
    return text if len(text) <= MOST_TEXT else f"{text[:MOST_TEXT]}…"
