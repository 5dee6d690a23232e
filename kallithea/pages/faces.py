"""Where the pictures of people are."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

SIZE = 64
"""Pixels in each direction: twice as many as are shown, for fine screens."""


@dataclass(frozen=True, slots=True)
class Faces:
    """`own` has the pictures that people gave themselves, by case-folded mail address; `elsewhere` is where all others are
    asked for, empty for nowhere: then they get a letter in a colour."""

    own: Mapping[str, str] = field(default_factory=dict)
    elsewhere: str = ""

    def of(self, email: str) -> str | None:
        """The address of somebody's picture."""
        key = email.strip().casefold()
        if key in self.own:
            return self.own[key]
        if not self.elsewhere or not key:
            return None
        # What Gravatar asks for; it protects nothing.
        digest = hashlib.md5(key.encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()
        values = {"{md5email}": digest, "{email}": quote(key, safe=""), "{size}": str(SIZE)}
        address = self.elsewhere
        for name, value in values.items():
            address = address.replace(name, value)
        return address


NO_FACES = Faces()
