"""Makes characters visible that would hide something, or turn the text around them (CVE-2021-42574)."""

from __future__ import annotations

import re
import unicodedata

# Controls but tab and line feed; marks, embeddings, overrides and isolates of direction; blanks without width; line ends
# that editors disagree about; the tag characters; halves of surrogate pairs. Joiners (U+200C, U+200D) stay: Persian and emoji
# need them.
HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028\u2029\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)


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
    """Text of unknown encoding: UTF-8, or UTF-16 where it says so, else Latin-1, which always fits."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", "replace")
    return content.decode("latin-1")
