"""Feeds are well-formed whatever is told in them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone
from xml.etree import ElementTree as ET

import pytest

from kallithea.lib.feeds import Feed, FeedEntry, atom, rss

EVIL = "<script>]]>&\x00\x0b\ufffe\ud800 \u202e"
WHEN = datetime(2026, 1, 1, tzinfo=timezone.utc)


@pytest.mark.parametrize("write", [atom, rss])
def test_hostile_text_stays_text(write: Callable[[Feed], str]) -> None:
    entry = FeedEntry("https://x.example/a", EVIL, EVIL, WHEN, EVIL)

    root = ET.fromstring(write(Feed(EVIL, "https://x.example", "https://x.example/feed", (entry,))))

    assert "<script>" in "".join(root.itertext())
    assert not [element for element in root.iter() if element.tag.endswith("script")]


@pytest.mark.parametrize("write", [atom, rss])
def test_feed_without_news_is_one(write: Callable[[Feed], str]) -> None:
    assert ET.fromstring(write(Feed("x", "https://x.example", "https://x.example/feed", ())))
