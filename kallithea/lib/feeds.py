"""Feeds of news: Atom (RFC 4287) and RSS 2.0."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timezone
from email.utils import format_datetime
from xml.etree import ElementTree as ET

from kallithea.lib.visible import visible_text

ATOM = "http://www.w3.org/2005/Atom"
ET.register_namespace("atom", ATOM)


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """One piece of news; `url` names it for ever."""

    url: str
    title: str
    author: str
    when: datetime
    text: str


@dataclass(frozen=True, slots=True)
class Feed:
    """What a feed tells; `url` is the page that it is about, `own_url` its own address. The newest entry comes first."""

    title: str
    url: str
    own_url: str
    entries: tuple[FeedEntry, ...]

    @property
    def updated(self) -> datetime:
        return max((entry.when for entry in self.entries), default=datetime(1970, 1, 1, tzinfo=timezone.utc))


def atom(feed: Feed) -> str:
    """The feed as Atom."""
    root = ET.Element(f"{{{ATOM}}}feed")
    add = _adder(f"{{{ATOM}}}")
    add(root, "id", feed.url)
    add(root, "title", feed.title)
    add(root, "updated", feed.updated.isoformat(timespec="seconds"))
    add(root, "link", rel="alternate", type="text/html", href=feed.url)
    add(root, "link", rel="self", type="application/atom+xml", href=feed.own_url)
    for entry in feed.entries:
        item = add(root, "entry")
        add(item, "id", entry.url)
        add(item, "title", entry.title)
        add(item, "updated", entry.when.isoformat(timespec="seconds"))
        add(item, "link", rel="alternate", type="text/html", href=entry.url)
        add(add(item, "author"), "name", entry.author)
        add(item, "content", entry.text, type="text")
    return _document(root)


def rss(feed: Feed) -> str:
    """The feed as RSS."""
    root = ET.Element("rss", version="2.0")
    add = _adder("")
    channel = add(root, "channel")
    add(channel, "title", feed.title)
    add(channel, "link", feed.url)
    add(channel, "description", feed.title)
    add(channel, "lastBuildDate", format_datetime(feed.updated))
    ET.SubElement(channel, f"{{{ATOM}}}link", rel="self", type="application/rss+xml", href=feed.own_url)
    for entry in feed.entries:
        item = add(channel, "item")
        add(item, "title", entry.title)
        add(item, "link", entry.url)
        add(item, "guid", entry.url, isPermaLink="true")
        add(item, "pubDate", format_datetime(entry.when))
        add(item, "description", f"{entry.author}\n\n{entry.text}")
    return _document(root)


def _adder(namespace: str) -> Callable[..., ET.Element]:
    """Adds elements of one namespace; what XML cannot hold is written out."""

    def add(parent: ET.Element, name: str, text: str | None = None, **attributes: str) -> ET.Element:
        element = ET.SubElement(parent, namespace + name, attributes)
        element.text = None if text is None else visible_text(text).replace("\ufffe", "\ufffd").replace("\uffff", "\ufffd")
        return element

    return add


def _document(root: ET.Element) -> str:
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"
