"""The lines of the graph meet, and the main line stays left."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from kallithea.lib.graph import GraphRow, lay_out


def test_a_straight_history_is_one_column() -> None:
    rows = lay_out([("c", ["b"]), ("b", ["a"]), ("a", [])])

    assert [row.column for row in rows] == [0, 0, 0]
    assert rows[0] == GraphRow(0, 0, (), (), ((0, 0),), 1, False)
    assert rows[2].leaving == ()


def test_a_merge_opens_a_column_and_the_fork_closes_it() -> None:
    rows = lay_out([("d", ["c", "b"]), ("c", ["a"]), ("b", ["a"]), ("a", [])])

    assert [row.column for row in rows] == [0, 0, 1, 0]
    assert rows[0].is_merge
    assert rows[0].leaving == ((0, 0), (1, 1))
    assert rows[2].passing == ((0, 0, 0),)
    assert rows[3].width == 1


def test_the_main_line_stays_left() -> None:
    # The side line reaches the fork's lane first; the main line draws it in rather than moving over.
    rows = lay_out([("e", ["d", "c"]), ("c", ["a"]), ("d", ["a"]), ("a", [])])

    assert [row.column for row in rows] == [0, 1, 0, 0]
    assert rows[2].passing == ((1, 0, 1),)


def test_two_heads_stand_side_by_side() -> None:
    rows = lay_out([("c", ["a"]), ("b", ["a"]), ("a", [])])

    assert [row.column for row in rows] == [0, 1, 0]
    assert rows[2].arriving == ((0, 0),)


@st.composite
def histories(draw: st.DrawFn) -> list[tuple[int, list[int]]]:
    size = draw(st.integers(1, 30))
    return [(n, draw(st.lists(st.integers(n + 1, size + 5), max_size=3))) for n in range(size)]


@given(histories())
def test_every_line_that_leaves_a_row_enters_the_next(history: list[tuple[int, list[int]]]) -> None:
    rows = lay_out(history)

    for above, below in pairwise(rows):
        down = {column for _, column, _ in above.passing} | {column for column, _ in above.leaving}
        entering = {column for column, _, _ in below.passing} | {column for column, _ in below.arriving}
        assert down == entering


@given(histories())
def test_every_commit_has_a_line_to_each_parent(history: list[tuple[int, list[int]]]) -> None:
    for (_, parents), row in zip(history, lay_out(history), strict=True):
        assert len(row.leaving) == len(set(parents))
        assert row.width > max(row.column, *(column for column, _ in row.leaving), 0)
