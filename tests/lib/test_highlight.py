"""Code is coloured line by line, and never changed."""

import re
from html import unescape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kallithea.lib.highlight import COLOUR_LIMIT, _lexer, _lines_in_time, highlight, highlight_snippet, is_binary
from tests.pages.reading import read


def text_of(line: str) -> str:
    return unescape(re.sub(r"<[^>]+>", "", line))


def test_what_spans_lines_is_closed_at_each_end() -> None:
    shown = highlight("a.py", b'"""one\n\ntwo"""\nx = 1\n')

    assert shown.lines[0] == '<span class="sd">&#34;&#34;&#34;one</span>'
    assert shown.lines[1] == ""
    assert shown.lines[2] == '<span class="sd">two&#34;&#34;&#34;</span>'
    assert len(shown.lines) == 4


@settings(deadline=None)
@given(st.sampled_from(["a.py", "b.html", "c.c", "d.md", "e", "f.json", "g.diff"]), st.text(max_size=200))
def test_no_character_is_lost(name: str, text: str) -> None:
    visible = re.sub(r"[^\n\t -~¡-¬®-ÿ]", "x", text)

    shown = highlight(name, visible.encode())

    assert "\n".join(map(text_of, shown.lines)) == visible.removesuffix("\n")


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_give_well_formed_lines(content: bytes) -> None:
    shown = highlight("a.html", content)

    for line in shown.lines:
        read(line)


@pytest.mark.parametrize(
    ("name", "content", "language"),
    [
        ("a.rs", b"fn main() {}", "Rust"),
        ("run", b"#!/usr/bin/env python3\nprint()", "Python"),
        ("run", b"#!/bin/sh\necho", "Bash"),
        ("run", b"#!/usr/bin/no-such-thing\n", None),
        ("Makefile", b"all:\n", "Makefile"),
        ("a.unknown", b"x", None),
    ],
)
def test_the_language_is_told_by_name_or_first_line(name: str, content: bytes, language: str | None) -> None:
    assert highlight(name, content).language == language


@pytest.mark.parametrize(
    ("content", "remark"),
    [
        (b"caf\xe9", "This file is not UTF-8; it is shown as Windows-1252, which is a guess."),
        (b"a\rb\r", "Lines end with CR."),
        ("a\u3164b".encode(), "This file has characters that cannot be seen; they are marked below."),
        ("a\n".encode("utf-32"), "This file is UTF-32."),
        (b"a\r\nb\r\n", "Lines end with CR LF."),
        (b"a\r\nb\n", "Some lines end with CR LF."),
        ("a\u202eb".encode(), "This file has characters that change the direction of text; they are marked below."),
        ("a\n".encode("utf-16"), "This file is UTF-16."),
    ],
)
def test_what_cannot_be_seen_is_said(content: bytes, remark: str) -> None:
    assert highlight("a.txt", content).remarks == (remark,)


def test_characters_that_turn_the_text_around_are_marked() -> None:
    shown = highlight("a.py", "x = '\u202e'".encode())

    assert '<span class="hidden-character" title="Right-to-left override">U+202E</span>' in shown.lines[0]


def test_line_ends_of_dos_are_line_ends() -> None:
    assert highlight("a.txt", b"a\r\nb\r\n").lines == ("a", "b")


def test_line_ends_of_the_old_macintosh_are_line_ends_but_not_for_who_counts_as_git_does() -> None:
    assert highlight("a.txt", b"a\rb\r").lines == ("a", "b")
    assert len(highlight("a.txt", b"a\rb\r", splits_at_cr=False).lines) == 1


def test_a_carriage_return_among_line_feeds_is_marked() -> None:
    shown = highlight("a.txt", b"10%\r20%\nb\r\n")

    assert len(shown.lines) == 2
    assert "U+000D" in shown.lines[0]


@pytest.mark.parametrize("content", ["\u200b".encode() * 170_000, b"\r" * 500_000 + b"\n", b"x\x7f" * 250_000])
def test_very_many_hidden_characters_make_no_very_large_page(content: bytes) -> None:
    shown = highlight("a.py", content)

    assert sum(map(len, shown.lines)) < 9 * len(content)
    assert "⟦U+" in "".join(shown.lines)


@pytest.mark.parametrize("content", [b"x = 1\n" * (COLOUR_LIMIT // 6 + 1), b"x = 1\n" * 20_001, b"x = 1;" * 1000])
def test_what_would_take_too_long_has_no_colours(content: bytes) -> None:
    assert "<span" not in "".join(highlight("a.py", content).lines)


def test_a_binary_file_is_told_from_text() -> None:
    assert is_binary(b"\x7fELF\0")
    assert not is_binary("text".encode("utf-16"))
    assert not is_binary(b"text")


def test_a_snippet_in_an_unknown_language_is_left_alone() -> None:
    assert highlight_snippet("x", "no such language") is None
    assert highlight_snippet("x", "") is None


def test_a_lexer_that_takes_too_long_is_left_and_no_line_is_lost() -> None:
    text = "\n".join(f"def function{number}(): return {number} < 3" for number in range(100))

    lines, is_coloured = _lines_in_time(_lexer("python"), text, 0.0)

    assert not is_coloured
    assert [text_of(line) for line in lines] == text.split("\n")
    assert "<span" in lines[0]
    assert "<span" not in lines[50]
