"""Feeds are valid whatever is told in them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from xml.etree import ElementTree as ET

import pytest

from kallithea.lib.feeds import Feed, FeedEntry, atom, lasting_id, rss
from kallithea.lib.messages import render_message
from tests.feed_check import problems

EVIL = "<script>]]>&\x00\x0b\ufffe\ud800 \u202e"
WHEN = datetime(2026, 1, 1, tzinfo=timezone.utc)
writers = pytest.mark.parametrize("write", [atom, rss])


def feed(*entries: FeedEntry, title: str = "web/shop") -> Feed:
    return Feed("1", title, "https://x.example/web/shop", "https://x.example/web/shop/feed", entries)


def entry(text: str = "First", when: datetime = WHEN) -> FeedEntry:
    return FeedEntry("1 a", "https://x.example/a", text, text, when, render_message(text))


@writers
def test_hostile_text_stays_text(write: Callable[[Feed], str]) -> None:
    text = write(feed(entry(EVIL), title=EVIL))
    root = ET.fromstring(text)

    assert "<script>" in "".join(root.itertext())
    assert not [element for element in root.iter() if element.tag.endswith("script")]
    assert problems(text) == []


@writers
def test_feed_without_news_is_one(write: Callable[[Feed], str]) -> None:
    assert problems(write(feed())) == []


@writers
@pytest.mark.parametrize(
    "when",
    [
        datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14))),
        datetime(1969, 12, 31, 23, 59, 59, tzinfo=timezone(timedelta(hours=-12))),
        datetime(2106, 2, 7, 6, 28, 16, tzinfo=timezone(timedelta(minutes=345))),
        datetime(9999, 12, 31, 23, 59, 59, tzinfo=timezone(timedelta(hours=-23, minutes=-59))),
        datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=1, seconds=1))),
    ],
)
def test_odd_times_are_dates(write: Callable[[Feed], str], when: datetime) -> None:
    assert problems(write(feed(entry(when=when)))) == []


def test_ids_differ_by_name_only() -> None:
    assert lasting_id("1 a") == lasting_id("1 a") != lasting_id("1 b")
