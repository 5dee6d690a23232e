"""Feeds of news: Atom (RFC 4287) and RSS 2.0."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timezone
from email.utils import format_datetime
from xml.etree import ElementTree as ET

from markupsafe import Markup

from kallithea.lib.clock import in_utc
from kallithea.lib.visible import visible_text

ATOM = "http://www.w3.org/2005/Atom"
DUBLIN_CORE = "http://purl.org/dc/elements/1.1/"
ET.register_namespace("atom", ATOM)
ET.register_namespace("dc", DUBLIN_CORE)
_OURS = uuid.UUID("6f0c3b52-5f0e-4bb5-9d5d-5d3f1a1d7c0e")


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """One piece of news; `name` is its own for ever, `url` is where it is now, `html` what it says."""

    name: str
    url: str
    title: str
    author: str
    when: datetime
    html: Markup


@dataclass(frozen=True, slots=True)
class Feed:
    """What a feed tells; `url` is the page that it is about, `own_url` its own address. The newest entry comes first."""

    name: str
    title: str
    url: str
    own_url: str
    entries: tuple[FeedEntry, ...]

    @property
    def updated(self) -> datetime:
        return max((in_utc(entry.when) for entry in self.entries), default=datetime(1970, 1, 1, tzinfo=timezone.utc))


def lasting_id(name: str) -> str:
    """An id (RFC 4122) that is the same for the same name, whatever the host or the path of the site is called then."""
    return uuid.uuid5(_OURS, name).urn


def atom(feed: Feed) -> str:
    """The feed as Atom."""
    root = ET.Element(f"{{{ATOM}}}feed")
    add = _adder(f"{{{ATOM}}}")
    add(root, "id", lasting_id(feed.name))
    add(root, "title", feed.title)
    add(root, "updated", _rfc_3339(feed.updated))
    add(root, "link", rel="alternate", type="text/html", href=feed.url)
    add(root, "link", rel="self", type="application/atom+xml", href=feed.own_url)
    for entry in feed.entries:
        item = add(root, "entry")
        add(item, "id", lasting_id(entry.name))
        add(item, "title", entry.title)
        add(item, "updated", _rfc_3339(entry.when))
        add(item, "link", rel="alternate", type="text/html", href=entry.url)
        add(add(item, "author"), "name", entry.author)
        add(item, "content", entry.html, type="html")
    return _document(root)


def rss(feed: Feed) -> str:
    """The feed as RSS."""
    root = ET.Element("rss", version="2.0")
    add = _adder("")
    channel = add(root, "channel")
    add(channel, "title", feed.title)
    add(channel, "link", feed.url)
    add(channel, "description", feed.title)
    add(channel, "lastBuildDate", format_datetime(in_utc(feed.updated)))
    ET.SubElement(channel, f"{{{ATOM}}}link", rel="self", type="application/rss+xml", href=feed.own_url)
    for entry in feed.entries:
        item = add(channel, "item")
        add(item, "title", entry.title)
        add(item, "link", entry.url)
        add(item, "guid", lasting_id(entry.name), isPermaLink="false")
        add(item, "pubDate", format_datetime(in_utc(entry.when)))
        _adder(f"{{{DUBLIN_CORE}}}")(item, "creator", entry.author)
        add(item, "description", entry.html)
    return _document(root)


def _rfc_3339(when: datetime) -> str:
    return in_utc(when).isoformat(timespec="seconds")


def _adder(namespace: str) -> Callable[..., ET.Element]:
    """Adds elements of one namespace; what XML cannot hold is written out."""

    def add(parent: ET.Element, name: str, text: str | None = None, **attributes: str) -> ET.Element:
        element = ET.SubElement(parent, namespace + name, attributes)
        element.text = None if text is None else visible_text(str(text)).replace("\ufffe", "\ufffd").replace("\uffff", "\ufffd")
        return element

    return add


def _document(root: ET.Element) -> str:
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"
