"""Finds the words that changed between a removed line and the added line that took its place."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from kallithea.lib.visible import visible_text

_TOKEN = re.compile(r"\w+|\s+|[^\w\s]")

# Comparing costs the product of the lengths. Beyond these the middle of a line is marked as a whole.
_TOKENS_COMPARED = 120
_CHARACTERS_COMPARED = 2000

CHANGED_LINE_END = "␍"
"""What stands for the carriage return that one side has and the other has not."""

_ALIKE_ENOUGH = 0.35
"""Lines that share less than this part of their text are different lines, and marks would only be noise."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of a line; `is_changed` when the line on the other side has something else there."""

    text: str
    is_changed: bool = False


def mark_words(lines: Sequence[tuple[str, bytes]]) -> list[tuple[Segment, ...]]:
    """The segments of each line of a hunk, given as (sign, content), the sign being a blank, `+` or `-`.

    A run of removed lines followed by added ones is compared line by line, in order.
    """
    texts = [line_text(content) for _, content in lines]
    marked: list[tuple[Segment, ...]] = [(Segment(text),) for text in texts]
    for old, new in _pairs([sign for sign, _ in lines]):
        marked[old], marked[new] = _compare(texts[old], texts[new])
        old_cr, new_cr = (lines[at][1].endswith(b"\r") for at in (old, new))
        if old_cr != new_cr:
            with_cr = old if old_cr else new
            marked[with_cr] = (*marked[with_cr], Segment(CHANGED_LINE_END, True))
    return marked


def line_text(content: bytes) -> str:
    """A line as it is shown, without its end."""
    # A line end of DOS belongs to the line end; it is shown only where it is the change.
    content = content.removesuffix(b"\r")
    try:
        return visible_text(content.decode("utf-8"))
    except UnicodeDecodeError:
        return visible_text(content.decode("latin-1"))


def _pairs(signs: Sequence[str]) -> list[tuple[int, int]]:
    """Positions of removed lines, each with that of the added line in its place."""
    pairs: list[tuple[int, int]] = []
    at = 0
    while at < len(signs):
        if signs[at] != "-":
            at += 1
            continue
        removed = _run_end(signs, at, "-")
        added = _run_end(signs, removed, "+")
        pairs += zip(range(at, removed), range(removed, added), strict=False)
        at = added
    return pairs


def _run_end(signs: Sequence[str], start: int, sign: str) -> int:
    end = start
    while end < len(signs) and signs[end] == sign:
        end += 1
    return end


def _compare(old: str, new: str) -> tuple[tuple[Segment, ...], tuple[Segment, ...]]:
    plain = (Segment(old),), (Segment(new),)
    if old == new or max(len(old), len(new)) > _CHARACTERS_COMPARED:
        return plain
    olds, news = _TOKEN.findall(old), _TOKEN.findall(new)
    head = _common(olds, news)
    tail = _common(olds[head:][::-1], news[head:][::-1])
    old_middle, new_middle = olds[head : len(olds) - tail], news[head : len(news) - tail]
    blocks = _blocks(old_middle, new_middle)
    shared = sum(len(token) for token in (*olds[:head], *olds[len(olds) - tail :]) if not token.isspace())
    shared += sum(len(token) for i, _, size in blocks for token in old_middle[i : i + size] if not token.isspace())
    if shared < _ALIKE_ENOUGH * max(_weight(olds), _weight(news)):
        return plain
    before, after = "".join(olds[:head]), "".join(olds[len(olds) - tail :])
    return (
        _segments(before, _marked(old_middle, [(i, size) for i, _, size in blocks]), after),
        _segments(before, _marked(new_middle, [(j, size) for _, j, size in blocks]), after),
    )


def _common(olds: Sequence[str], news: Sequence[str]) -> int:
    for number, (old, new) in enumerate(zip(olds, news, strict=False)):
        if old != new:
            return number
    return min(len(olds), len(news))


def _weight(tokens: Sequence[str]) -> int:
    return sum(len(token) for token in tokens if not token.isspace())


def _blocks(olds: Sequence[str], news: Sequence[str]) -> list[tuple[int, int, int]]:
    """What two middles share, without what is too little to be meant."""
    if not olds or not news or max(len(olds), len(news)) > _TOKENS_COMPARED:
        return []
    found = SequenceMatcher(None, olds, news, autojunk=False).get_matching_blocks()
    return [(i, j, size) for i, j, size in found if any(token.isalnum() for token in olds[i : i + size])]


def _marked(tokens: Sequence[str], blocks: Sequence[tuple[int, int]]) -> list[Segment]:
    segments, at = [], 0
    for start, size in (*blocks, (len(tokens), 0)):
        segments += [Segment("".join(tokens[at:start]), True), Segment("".join(tokens[start : start + size]))]
        at = start + size
    return segments


def _segments(before: str, middle: Sequence[Segment], after: str) -> tuple[Segment, ...]:
    return tuple(segment for segment in (Segment(before), *middle, Segment(after)) if segment.text)
