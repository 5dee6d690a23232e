"""The order of versions, as names of tags tell them."""

from __future__ import annotations

import re

_DIGITS = re.compile("([0-9]+)")
_BEFORE = re.compile("[-._~]?(?:dev|alpha|beta|pre|rc|a|b|c)[-._]?", re.IGNORECASE)
"""What stands behind the number of a version that this one only leads to."""

Key = list[tuple[int, str]]


def version_key(name: str) -> Key:
    """What names are compared by, lower versions first: 2.9, 2.10rc1, 2.10, 2.10.1. Any name has one."""
    # Texts and numbers take turns, so that only what is alike is compared; numbers of any length by their digits.
    key = []
    for place, part in enumerate(_DIGITS.split(name)):
        if place % 2:
            digits = part.lstrip("0")
            key.append((len(digits), digits))
        else:
            key.append((-1 if place and _BEFORE.fullmatch(part) else 0, part))
    return key
