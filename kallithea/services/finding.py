"""Finds files by parts of their names."""

from __future__ import annotations

from collections.abc import Iterable

from kallithea.lib.vcs import FilePath

FOUND_AT_MOST = 100
LONGEST_QUERY = 200


def matching(paths: Iterable[FilePath], wanted: str, *, limit: int = FOUND_AT_MOST) -> tuple[FilePath, ...]:
    """The paths that have every word of `wanted`, or else its letters in their order; the nearest first.

    A match in the name counts more than one in a folder, a short path more than a long one. `finding.js` does the same.
    """
    words = wanted[:LONGEST_QUERY].casefold().split()
    if not words:
        return tuple(path for path, _ in zip(paths, range(limit), strict=False))
    letters = "".join(words)
    found: list[tuple[int, int, FilePath]] = []
    for path in paths:
        text = path.text.casefold()
        name = text.rpartition("/")[2]
        if all(word in text for word in words):
            found.append((0 if all(word in name for word in words) else 1, len(text), path))
        elif _has_in_order(text, letters):
            found.append((2, len(text), path))
    return tuple(path for _, _, path in sorted(found)[:limit])


def _has_in_order(text: str, letters: str) -> bool:
    # One pass over the text. A regular expression would try every way in which the letters fit.
    at = -1
    for letter in letters:
        at = text.find(letter, at + 1)
        if at < 0:
            return False
    return True
