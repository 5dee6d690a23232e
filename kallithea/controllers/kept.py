"""What is kept of a page for others who may see the same."""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable
from dataclasses import dataclass

from markupsafe import Markup

from kallithea.lib.packing import Piece
from kallithea.pages.parts import PageParts

AROUND = 2000
"""Bytes that the interpreter takes for a page and its key, besides the texts: as much as a small page."""


@dataclass(frozen=True, slots=True)
class Lasting:
    """A page of what a full id names, not made yet: it may be kept from before a push that changed nothing of it.

    `shows` has all that the page tells besides what the id names. What `make` gives is kept unless it is a response.
    """

    shows: Hashable
    make: Callable[[], object]


@dataclass(frozen=True, slots=True)
class KeptPage:
    """A page without its frame; the content is packed once, however often it is sent."""

    title: Markup
    head: Markup
    place: Markup
    content: Piece

    @classmethod
    def of(cls, parts: PageParts, level: int) -> KeptPage:
        return cls(parts.title, parts.head, parts.place, Piece.of(parts.content.encode(), level))

    @property
    def size(self) -> int:
        """Bytes in memory, about."""
        return AROUND + len(self.title) + len(self.head) + len(self.place) + len(self.content.plain) + len(self.content.packed)

    def to_bytes(self) -> bytes:
        """For other processes: a line of JSON, and the content as it is packed."""
        line = json.dumps([self.title, self.head, self.place, len(self.content.plain)])
        return line.encode("ascii") + b"\n" + self.content.packed

    @classmethod
    def from_bytes(cls, kept: bytes) -> KeptPage:
        """What `to_bytes` gave. Raises ValueError for anything else."""
        line, _, packed = kept.partition(b"\n")
        title, in_head, place, size = json.loads(line)
        return cls(Markup(title), Markup(in_head), Markup(place), Piece.unpacked(packed, size))  # noqa: S704 - made by `to_bytes`
