"""The lines of a diff keep their text, their marks and their colours."""

import html
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kallithea.lib.diff.painting import Painter
from kallithea.lib.diff.words import mark_words

LINES = st.lists(
    st.tuples(st.sampled_from("+- "), st.text(alphabet="ab ()\"'#<&=\t/*\u202eé\\", max_size=24)), min_size=1, max_size=12
)


def text_of(painted: str) -> str:
    return html.unescape(re.sub(r"<[^>]*>", "", painted))


def test_words_are_marked_within_the_colours() -> None:
    old, new = Painter().paint("a.py", [("-", b'return "a" + b'), ("+", b'return "a" + c')])

    assert '<span class="k">return' in old
    assert "<del>b</del>" in old
    assert "<ins>c</ins>" in new


def test_each_side_is_read_by_itself() -> None:
    # The string begins on the removed side only.
    _, context = Painter().paint("a.py", [("-", b'x = """'), (" ", b"if y")])
    [_, after] = Painter().paint("a.py", [("+", b'x = """'), (" ", b"if y")])

    assert ('class="k"' in context, 'class="k"' in after) == (False, False)


def test_context_has_the_colours_of_the_new_side() -> None:
    lines = Painter().paint("a.py", [("-", b'x = """'), ("+", b"x = 1"), (" ", b"if y")])

    assert '<span class="k">if' in lines[2]


@pytest.mark.parametrize(
    ("painter", "line"),
    [
        (Painter(characters=3), b"if x"),
        (Painter(seconds=-1), b"if x"),
        (Painter(), b"if " + b"x" * 2_000),
    ],
    ids=["characters", "seconds", "long line"],
)
def test_what_is_too_much_has_no_colours(painter: Painter, line: bytes) -> None:
    assert "<span" not in painter.paint("a.py", [(" ", line)])[0]


def test_budget_is_one_for_all_hunks() -> None:
    painter = Painter(characters=6)
    first, second = painter.paint("a.py", [("+", b"if x")]), painter.paint("a.py", [("+", b"if x")])

    assert ("<span" in first[0], "<span" in second[0]) == (True, False)


def test_unknown_language_keeps_the_marks() -> None:
    old, _ = Painter().paint("a.unknown", [("-", b"keep this one"), ("+", b"keep this two")])

    assert old == "keep this <del>one</del>"


def test_changed_line_end_is_marked_behind_the_colours() -> None:
    [_, new] = Painter().paint("a.py", [("-", b"return x"), ("+", b"return x\r")])

    assert new.endswith("<ins>␍</ins>")


WITHIN_A_TEXT = [b'"""A text', b"if it", b"rains", b'"""', b"if x: pass"]


def test_lines_have_the_colours_that_they_have_in_their_file() -> None:
    painter = Painter()
    colours = painter.read("a.py", {"+": [WITHIN_A_TEXT[:1], WITHIN_A_TEXT[1:]]})

    alone = painter.paint("a.py", [("+", b"if it"), (" ", b"rains")])
    within = painter.paint("a.py", [("+", b"if it"), (" ", b"rains")], numbers={"+": [2, 3]}, colours=colours)

    assert '<span class="k">if' in alone[0]
    assert within == ['<span class="sd">if it</span>', '<span class="sd">rains</span>']


def test_each_side_has_the_colours_of_its_own_file() -> None:
    painter = Painter()
    colours = painter.read("a.py", {"-": [WITHIN_A_TEXT[:1], WITHIN_A_TEXT[1:]], "+": [[], WITHIN_A_TEXT[1:]]})

    old, new = painter.paint(
        "a.py", [("-", b"if it"), ("+", b"if it")], numbers={"-": [2, None], "+": [None, 1]}, colours=colours
    )

    assert ('class="sd"' in old, 'class="k"' in new) == (True, True)


@pytest.mark.parametrize("numbers", [[3], [9], [None]], ids=["another line", "behind the end", "not there"])
def test_lines_that_are_not_those_of_the_file_are_read_by_themselves(numbers: list[int | None]) -> None:
    painter = Painter()
    colours = painter.read("a.py", {"+": [WITHIN_A_TEXT[:1], WITHIN_A_TEXT[1:]]})

    assert '<span class="k">if' in painter.paint("a.py", [("+", b"if it")], numbers={"+": numbers}, colours=colours)[0]


@pytest.mark.parametrize(
    ("painter", "name", "lines"),
    [
        (Painter(whole=40), "a.py", WITHIN_A_TEXT * 3),
        (Painter(seconds=-1), "a.py", WITHIN_A_TEXT),
        (Painter(characters=0), "a.py", WITHIN_A_TEXT),
        (Painter(), "a.py", [*WITHIN_A_TEXT, b"x" * 2_000]),
        (Painter(), "a.txt", WITHIN_A_TEXT),
    ],
    ids=["characters", "seconds", "no colours left", "long line", "no language"],
)
def test_files_are_read_within_the_budget(painter: Painter, name: str, lines: list[bytes]) -> None:
    assert painter.read(name, {"+": [lines[:1], lines[1:]]}) == {}


def test_file_is_read_as_far_as_something_goes_on() -> None:
    plain = [b'"""Says."""', b"x = 1"]

    assert Painter().read("a.py", {"+": [plain, plain]}) == {}
    assert len(Painter().read("a.py", {"+": [WITHIN_A_TEXT[:1], WITHIN_A_TEXT[1:], plain, plain]})["+"]) == len(WITHIN_A_TEXT)


def test_reading_ends_when_time_does() -> None:
    times = iter(range(1000))
    painter = Painter(seconds=5, clock=lambda: next(times))

    assert painter.read("a.py", {"+": [[b'"""'], [b'"""', *[b"if x: pass"] * 100]]}) == {}


@settings(deadline=None)
@given(LINES, st.sampled_from(["a.py", "a.c", "a.html", "a.sh", "a.js", "none"]))
def test_painted_lines_say_what_the_words_say(lines: list[tuple[str, str]], name: str) -> None:
    given = [(sign, text.encode()) for sign, text in lines]
    painted = Painter(seconds=60).paint(name, given)
    words = mark_words(given)

    assert [text_of(line) for line in painted] == ["".join(segment.text for segment in line) for line in words]
    marks = [re.findall(r"<(?:ins|del)>(.*?)</(?:ins|del)>", line) for line in painted]
    assert [[text_of(mark) for mark in line] for line in marks] == [[s.text for s in line if s.is_changed] for line in words]


@settings(deadline=None)
@given(LINES)
def test_nothing_in_a_line_becomes_html(lines: list[tuple[str, str]]) -> None:
    painted = Painter(seconds=60).paint("a.html", [(sign, text.encode()) for sign, text in lines])

    assert all(re.fullmatch(r'(?:[^<>]|<span class="\w+">|</span>|</?ins>|</?del>)*', line) for line in painted)
