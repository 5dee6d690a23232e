"""Whether a feed is one: what RFC 4287 and RSS 2.0 demand of the feeds that we write."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from xml.etree import ElementTree as ET

from bs4 import BeautifulSoup

ATOM = "{http://www.w3.org/2005/Atom}"
DUBLIN_CORE = "{http://purl.org/dc/elements/1.1/}"
_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)")
_RFC_822 = re.compile(r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d \w{3} \d{4} \d\d:\d\d:\d\d [+-]\d{4}")
_URN = re.compile(r"urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_ITEM = {"title", "link", "description", "guid", "pubDate", f"{DUBLIN_CORE}creator"}


def problems(text: str) -> list[str]:
    """What is wrong with a feed of either kind, a line each."""
    root = ET.fromstring(text)
    return list(_atom(root) if root.tag == f"{ATOM}feed" else _rss(root))


def _atom(feed: ET.Element) -> Iterator[str]:
    yield from _atom_facts(feed, "id", "title", "updated")
    links = sorted((link.get("rel"), link.get("type")) for link in feed.findall(f"{ATOM}link"))
    if links != [("alternate", "text/html"), ("self", "application/atom+xml")]:
        yield f"links {links}"
    entries = feed.findall(f"{ATOM}entry")
    for entry in entries:
        yield from _atom_facts(entry, "id", "title", "updated", "author", "content", "link", "author/{A}name")
        content = entry.find(f"{ATOM}content")
        if content is None or content.get("type") != "html":
            yield "content that is no HTML"
        else:
            yield from _html(content.text or "")
    ids = [entry.findtext(f"{ATOM}id") for entry in entries]
    if len(ids) != len(set(ids)):
        yield "two entries of one id"
    yield from _addresses(link.get("href") for link in feed.iter(f"{ATOM}link"))


def _rss(root: ET.Element) -> Iterator[str]:
    if root.tag != "rss" or root.get("version") != "2.0" or [child.tag for child in root] != ["channel"]:
        yield "no RSS 2.0"
        return
    channel = root[0]
    for name in ("title", "link", "description", "lastBuildDate", f"{ATOM}link"):
        if len(channel.findall(name)) != 1:
            yield f"not one {name}"
    for item in channel.findall("item"):
        if sorted(child.tag for child in item) != sorted(_ITEM):
            yield f"an item of {[child.tag for child in item]}"
        guid = item.find("guid")
        if guid is None or guid.get("isPermaLink") != "false" or not _URN.fullmatch(guid.text or ""):
            yield "no guid"
        yield from _html(item.findtext("description") or "")
    for date in (*channel.iter("pubDate"), *channel.iter("lastBuildDate")):
        if not _RFC_822.fullmatch(date.text or "") or not parsedate_to_datetime(date.text or ""):
            yield f"date {date.text}"
    yield from _addresses(link.text for link in channel.iter("link"))


def _atom_facts(element: ET.Element, *names: str) -> Iterator[str]:
    for name in names:
        if len(element.findall(f"{ATOM}{name.format(A=ATOM)}")) != 1 and not (name == "link" and element.tag == f"{ATOM}feed"):
            yield f"not one {name} in {element.tag}"
    if not _RFC_3339.fullmatch(element.findtext(f"{ATOM}updated") or ""):
        yield f"date {element.findtext(f'{ATOM}updated')}"
    if not _URN.fullmatch(element.findtext(f"{ATOM}id") or ""):
        yield f"id {element.findtext(f'{ATOM}id')}"


def _html(text: str) -> Iterator[str]:
    tags = {element.name for element in BeautifulSoup(text, "html.parser").find_all(True)}
    if not tags <= {"pre", "a", "b", "span"}:
        yield f"tags {tags}"


def _addresses(addresses: Iterator[str | None]) -> Iterator[str]:
    for address in addresses:
        if not address or not re.fullmatch(r"https?://[!-~]+", address) or set(address) & set('<>" {}'):
            yield f"address {address}"
