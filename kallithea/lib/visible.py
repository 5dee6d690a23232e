"""Makes characters visible that would hide something, or turn the text around them (CVE-2021-42574)."""

from __future__ import annotations

import re
import unicodedata

from kallithea.lib.encodings import read_text

# Controls but tab and line feed; marks, embeddings, overrides and isolates of direction; blanks without width; line ends
# that editors disagree about; the tag characters; halves of surrogate pairs. Letters that look like nothing (fillers of Hangul)
# and variants of what has none, in which programs have been hidden; joiners (U+200C, U+200D) and U+FE0F stay: Persian and
# emoji need them.
HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u2028\u2029\u202a-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0e\ufeff\uffa0\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f\U000e0100-\U000e01ef]"
)
TURNING = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""Those that change the direction of the text around them."""


def visible_text(text: str) -> str:
    """The text with each hidden character written out, such as `⟦U+202E⟧`."""
    if HIDDEN.search(text) is None:
        return text
    return HIDDEN.sub(lambda match: f"⟦{code_point(match.group())}⟧", text)


def code_point(character: str) -> str:
    """`U+202E`."""
    return f"U+{ord(character):04X}"


def character_name(character: str) -> str:
    """What Unicode calls it: `Right-to-left override`."""
    return unicodedata.name(character, "control character").capitalize()


def decoded(content: bytes) -> str:
    """Text of unknown encoding."""
    return read_text(content).text
