"""The words that changed are marked, and every line stays what it was."""

from hypothesis import given
from hypothesis import strategies as st

from kallithea.lib.diff.words import Segment, mark_words


def marked(old: str, new: str) -> tuple[list[str], list[str]]:
    """The marked words of a removed line and of the added one in its place."""
    segments = mark_words([("-", old.encode()), ("+", new.encode())])
    first, second = ([segment.text for segment in line if segment.is_changed] for line in segments)
    return first, second


def test_the_changed_words_are_marked() -> None:
    assert marked("    pop(session.key)", "    keep(session.key, until=GRACE)") == (["pop"], ["keep", ", until=GRACE"])


def test_lines_that_share_little_are_not_marked() -> None:
    assert marked("import os", "def price(basket): return sum(basket)") == ([], [])


def test_blanks_alone_do_not_make_lines_alike() -> None:
    assert marked("            a", "            b") == ([], [])


def test_a_changed_line_end_is_shown() -> None:
    lines = mark_words([("-", b"same"), ("+", b"same\r")])

    assert lines == [(Segment("same"),), (Segment("same"), Segment("␍", True))]


def test_line_ends_that_stay_are_not_shown() -> None:
    assert mark_words([(" ", b"same\r")]) == [(Segment("same"),)]


def test_lines_are_paired_in_order() -> None:
    lines = mark_words(
        [("-", b"first = 1"), ("-", b"second = 2"), ("+", b"first = 10"), ("+", b"second = 20"), ("+", b"third = 30")]
    )

    assert [[s.text for s in line if s.is_changed] for line in lines] == [["1"], ["2"], ["10"], ["20"], []]


def test_hidden_characters_are_written_out() -> None:
    assert mark_words([("+", "a\u202eb".encode())]) == [(Segment("a⟦U+202E⟧b"),)]


@given(st.lists(st.tuples(st.sampled_from("+- "), st.text(alphabet="ab (){}=\t", max_size=30)), max_size=12))
def test_the_segments_of_a_line_are_the_line(lines: list[tuple[str, str]]) -> None:
    found = mark_words([(sign, text.encode()) for sign, text in lines])

    assert ["".join(segment.text for segment in line) for line in found] == [text for _, text in lines]
    assert all(not segment.is_changed for (sign, _), line in zip(lines, found, strict=True) if sign == " " for segment in line)
