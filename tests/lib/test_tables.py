"""Tables in files are read as people wrote them, and never take long."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kallithea.lib.tables import CELL_LENGTH, CELLS_SHOWN, COLUMNS_SHOWN, ROWS_SHOWN, Table, read_table


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_told_by_what_the_rows_agree_about(delimiter: str) -> None:
    text = (
        f"name{delimiter}price\ntea, green{delimiter}4\nbread{delimiter}3\n" if delimiter != "," else "name,price\na;b,4\nc,3\n"
    )

    table = read_table("a.csv", text)

    assert table is not None
    assert table.header == ("name", "price")
    assert (table.row_count, table.column_count) == (2, 2)


def test_tabs_are_told_by_the_name() -> None:
    table = read_table("a.TSV", "a,b\tc,d\n")

    assert table is not None
    assert table.header == ("a,b", "c,d")


def test_a_quoted_cell_has_delimiters_quotes_and_lines() -> None:
    table = read_table("a.csv", 'a,b\r\n"1,2\n3","say ""x"""\r\n')

    assert table == Table(("a", "b"), (("1,2\n3", 'say "x"'),), 1, 2)


def test_a_separator_of_lines_that_is_none_here_stays_in_its_cell() -> None:
    table = read_table("a.csv", "a,b\n1\u20282,3\n")

    assert table is not None
    assert table.rows == (("1⟦U+2028⟧2", "3"),)


def test_short_rows_are_filled_up_and_blank_lines_left_out() -> None:
    table = read_table("a.csv", "a,b,c\n\n1\n1,2,3,4\n")

    assert table == Table(("a", "b", "c", ""), (("1", "", "", ""), ("1", "2", "3", "4")), 2, 4)


def test_no_more_is_shown_than_a_browser_bears() -> None:
    long, wide = read_table("a.csv", "a\n" * 5_000), read_table("a.csv", ("a," * 500 + "\n") * 600)
    cell = read_table("a.csv", f"a,b\n{'x' * 5_000},1\n")

    assert long is not None
    assert wide is not None
    assert cell is not None
    assert (len(long.rows), long.row_count) == (ROWS_SHOWN, 4_999)
    assert (len(wide.header), wide.column_count, len(wide.rows)) == (COLUMNS_SHOWN, 501, CELLS_SHOWN // COLUMNS_SHOWN)
    assert cell.rows[0][0] == "x" * CELL_LENGTH + "…"


@pytest.mark.parametrize("text", ["", "\n\n", "a,b\n" + "x" * 200_000 + "\n"], ids=["empty", "blank", "one huge cell"])
def test_what_is_no_table_is_none(text: str) -> None:
    assert read_table("a.csv", text) is None


@pytest.mark.parametrize(
    "text", ['"' * 500_000, ',"' * 250_000, '"a' * 100_000, "a\r" * 250_000, "," * 500_000], ids=lambda text: ascii(text[:2])
)
def test_hostile_tables_are_read_in_time(text: str) -> None:
    began = time.thread_time()

    read_table("a.csv", text)

    assert time.thread_time() - began < 2


@settings(deadline=None)
@given(st.text(max_size=300))
def test_any_text_is_a_table_or_none(text: str) -> None:
    table = read_table("a.csv", text)

    assert table is None or all(len(row) == len(table.header) for row in table.rows)
