"""Trigrams of texts as numbers: what a text that contains a word must have, so that few texts need to be looked at for it."""

from __future__ import annotations

from zlib import crc32

SIZE = 3
_POSITIVE = 0x7FFFFFFF


def trigrams(key: str) -> list[int]:
    """The numbers of all runs of three characters, each once and in order; none for a shorter text.

    Two runs may have the same number, so what is found by it has to be compared. The numbers are kept in databases.
    """
    runs = {key[start : start + SIZE] for start in range(len(key) - SIZE + 1)}
    return sorted({crc32(run.encode("utf-8", "surrogatepass")) & _POSITIVE for run in runs})
