"""The token of forms looks different each time, and is the same."""

from __future__ import annotations

import pytest

from kallithea.lib.tokens import masked, signed, unmasked

TOKEN = signed("a secret", "form", "session 1")


def test_no_two_disguises_are_alike() -> None:
    assert len({masked(TOKEN) for _ in range(100)}) == 100


def test_behind_each_disguise_is_the_token() -> None:
    assert {unmasked(masked(TOKEN)) for _ in range(100)} == {TOKEN}


@pytest.mark.parametrize("text", ["", "x", "ab", "abc", "abcdef", TOKEN, masked(TOKEN)[:-2], "ü" * 64, masked(TOKEN) + "00"])
def test_what_was_never_given_out_is_not_the_token(text: str) -> None:
    assert unmasked(text) != TOKEN
