"""Trigrams say which texts a word may be in."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kallithea.lib.trigrams import trigrams


@given(st.text(min_size=3), st.text(), st.text())
def test_a_text_has_the_trigrams_of_each_word_in_it(word: str, before: str, behind: str) -> None:
    assert set(trigrams(word)) <= set(trigrams(before + word + behind))


def test_their_numbers_stay_as_they_are_kept_in_databases() -> None:
    assert trigrams("abc") == [891568578]
    assert trigrams("日本語") == [671830757]
    assert trigrams("ab") == []


def test_each_is_there_once_and_fits_into_a_column() -> None:
    found = trigrams("aaaa" + "".join(map(chr, range(0x20, 0x3000))))
    assert found == sorted(set(found))
    assert all(0 <= number < 1 << 31 for number in found)
