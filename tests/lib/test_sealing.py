"""Short secrets in the database are worth nothing without the key, and nothing in another row."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kallithea.lib.sealing import MOST, opened, seal

KEY = "the secret of an instance"


@given(st.binary(max_size=MOST))
def test_what_was_sealed_is_opened(plain: bytes) -> None:
    assert opened(KEY, "app of 1", seal(KEY, "app of 1", plain)) == plain


def test_seal_of_another_row_or_key_opens_nothing() -> None:
    sealed = seal(KEY, "app of 1", b"a secret")

    assert opened(KEY, "app of 2", sealed) is None
    assert opened("another key", "app of 1", sealed) is None


def test_seal_shows_neither_the_secret_nor_that_two_are_the_same() -> None:
    one, two = seal(KEY, "app of 1", b"a secret"), seal(KEY, "app of 1", b"a secret")

    assert one != two
    assert b"a secret" not in base64.urlsafe_b64decode(one)


@given(st.integers(min_value=0, max_value=55), st.integers(min_value=1, max_value=255))
def test_seal_with_any_byte_changed_opens_nothing(at: int, change: int) -> None:
    raw = bytearray(base64.urlsafe_b64decode(seal(KEY, "x", b"8 bytes.")))
    raw[at] ^= change

    assert opened(KEY, "x", base64.urlsafe_b64encode(bytes(raw)).decode()) is None


@given(st.text())
def test_garbage_opens_nothing(text: str) -> None:
    assert opened(KEY, "x", text) is None


def test_more_than_one_pad_hides_is_not_sealed() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        seal(KEY, "x", bytes(MOST + 1))
