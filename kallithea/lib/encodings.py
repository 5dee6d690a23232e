"""In which encoding a text of others is: what it says itself, UTF-8 if it fits, else a careful guess."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable
from dataclasses import dataclass

SAMPLE = 100_000
"""Bytes that a guess is made from."""
ENOUGH = 8
"""Letters beyond ASCII that a guess needs; fewer could be anything, and are most likely from the west of Europe."""

MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig", "UTF-8"),
    # Before UTF-16, whose mark this one begins with.
    (codecs.BOM_UTF32_LE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF32_BE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF16_LE, "utf-16", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16", "UTF-16"),
)
"""How texts begin that say in which encoding they are."""

NUL_SAMPLE = 8000
"""Bytes in which git looks for a NUL, which makes a file one that is no text."""
_CONTROL = re.compile("[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f-\x84\x86-\x9f\ufdd0-\ufdef\ufffe\uffff]")
_ISO_2022_JP = re.compile(rb"\x1b\$[@B]")
_RUNS = re.compile(rb"[\x80-\xff]+")


@dataclass(frozen=True, slots=True)
class Text:
    """A text, the encoding it was read in by its usual name, and whether that is a guess."""

    text: str
    encoding: str
    is_guess: bool = False


def read_text(content: bytes) -> Text:
    """Any bytes as a text."""
    for mark, codec, name in MARKS:
        if content.startswith(mark):
            return Text(content.decode(codec, "replace"), name)
    if codec := unmarked_utf16(content):
        return Text(content.decode(codec, "replace"), "UTF-16", is_guess=True)
    if _ISO_2022_JP.search(content, 0, SAMPLE) and _decodes(content, "iso2022_jp"):
        return Text(content.decode("iso2022_jp"), "ISO-2022-JP", is_guess=True)
    if content.isascii():
        return Text(content.decode("ascii"), "UTF-8")
    try:
        return Text(content.decode("utf-8"), "UTF-8")
    except UnicodeDecodeError:
        pass
    codec, name = _guessed(content[:SAMPLE])
    return Text(content.decode(codec, "replace"), name, is_guess=True)


def unmarked_utf16(content: bytes) -> str:
    """The codec for a text in UTF-16 that does not say so; "" for all else. Most of its characters are of Latin scripts, so
    every other byte of them is NUL, and there are no control characters in it."""
    sample = content[: NUL_SAMPLE & ~1]
    units = len(sample) // 2
    if units < ENOUGH or b"\0" not in sample:
        return ""
    zeros = sample[0 : units * 2 : 2].count(0), sample[1 : units * 2 : 2].count(0)
    few, many = sorted(zeros)
    if few or many < 0.7 * units:
        return ""
    codec = "utf-16-be" if zeros[0] else "utf-16-le"
    text = codecs.getincrementaldecoder(codec)("replace").decode(sample)
    return "" if "\ufffd" in text or _CONTROL.search(text) else codec


def is_marked_as_wide(content: bytes) -> bool:
    """Whether it says to be UTF-16 or UTF-32, and may well be: what begins so by chance has soon what is in no text."""
    for mark, codec, _ in MARKS:
        if codec != "utf-8-sig" and content.startswith(mark):
            text = codecs.getincrementaldecoder(codec)("replace").decode(content[:NUL_SAMPLE])
            return _CONTROL.search(text) is None and text.count("\ufffd") <= len(text) // 10
    return False


def _guessed(sample: bytes) -> tuple[str, str]:
    runs = _RUNS.findall(sample)
    if sum(map(len, runs)) >= ENOUGH:
        for codec, name, is_likely in _GUESSES:
            if is_likely(sample, runs):
                return codec, name
    return ("cp1252", "Windows-1252") if _decodes(sample, "cp1252") else ("latin-1", "Latin-1")


def _decodes(content: bytes, codec: str) -> bool:
    """Whether all of it fits; a character cut in half by the end is no evidence."""
    try:
        codecs.getincrementaldecoder(codec)().decode(content)
    except UnicodeDecodeError:
        return False
    return True


def _share(sample: bytes, codec: str, letters: str) -> float:
    """How many of the characters beyond ASCII are of these (a class of a regular expression), from 0 to 1."""
    text = codecs.getincrementaldecoder(codec)("ignore").decode(sample)
    beyond = re.sub("[\\x00-\\x7f]+", "", text)
    return len(re.findall(f"[{letters}]", beyond)) / len(beyond) if beyond else 0.0


def _shift_jis(sample: bytes, _runs: list[bytes]) -> bool:
    # Kana of full width: those of half width are what Latin-1 looks like.
    return _decodes(sample, "cp932") and _share(sample, "cp932", "\u3041-\u30fe") > 0.25


def _pairs(codec: str, letters: str, least: float) -> Callable[[bytes, list[bytes]], bool]:
    """For encodings in which every character beyond ASCII is two such bytes."""

    def is_likely(sample: bytes, runs: list[bytes]) -> bool:
        odd = sum(len(run) % 2 for run in runs)
        return odd <= 1 and _decodes(sample, codec) and _share(sample, codec, letters) > least

    return is_likely


def _big5(sample: bytes, _runs: list[bytes]) -> bool:
    # The first 5,401 characters of Big5, sorted by strokes, are those in daily use: A440 to C67E.
    leads = re.findall(rb"([\x81-\xfe])[\x40-\x7e\xa1-\xfe]", sample)
    common = sum(0xA4 <= lead[0] <= 0xC6 for lead in leads)
    return _decodes(sample, "big5") and common > 0.8 * len(leads)


def _cyrillic(codec: str) -> Callable[[bytes, list[bytes]], bool]:
    """For encodings of one byte: words of small letters, which come out as capitals or as signs in the others."""

    def is_likely(sample: bytes, runs: list[bytes]) -> bool:
        return sum(map(len, runs)) > 2.5 * len(runs) and _share(sample, codec, "а-яё") > 0.7

    return is_likely


_GUESSES: tuple[tuple[str, str, Callable[[bytes, list[bytes]], bool]], ...] = (
    ("cp932", "Shift JIS", _shift_jis),
    ("euc_jp", "EUC-JP", _pairs("euc_jp", "\u3041-\u30fe", 0.25)),
    ("cp949", "EUC-KR", _pairs("euc_kr", "\uac00-\ud7a3", 0.8)),
    ("cp1251", "Windows-1251", _cyrillic("cp1251")),
    ("koi8-r", "KOI8-R", _cyrillic("koi8-r")),
    ("cp866", "IBM 866", _cyrillic("cp866")),
    ("gb18030", "GB 18030", _pairs("gb2312", "\u3001-\u3011\u4e00-\u9fff\uff01-\uff1f", 0.9)),
    ("big5", "Big5", _big5),
)
