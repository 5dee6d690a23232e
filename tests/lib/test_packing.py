"""Pieces that are packed by themselves make one gzip, and tell nothing about each other."""

from __future__ import annotations

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kallithea.lib.packing import Piece, gzip_of, takes_gzip


@given(st.lists(st.binary(max_size=10_000), max_size=5), st.integers(0, 9))
def test_pieces_unpack_to_what_they_were(pieces: list[bytes], level: int) -> None:
    assert gzip.decompress(gzip_of(Piece.of(piece, level) for piece in pieces)) == b"".join(pieces)


@given(st.binary(max_size=10_000))
def test_a_piece_comes_back_from_its_packed_bytes(plain: bytes) -> None:
    piece = Piece.of(plain)

    assert Piece.unpacked(piece.packed, len(plain)) == piece


@pytest.mark.parametrize("size", [999, 1001, 0])
def test_another_size_is_refused(size: int) -> None:
    with pytest.raises(ValueError, match="not what was packed"):
        Piece.unpacked(Piece.of(b"x" * 1000).packed, size)


@pytest.mark.parametrize("harm", [b"\xff" * 20, b"", Piece.of(b"x" * 1000).packed[:-8]], ids=["noise", "nothing", "cut"])
def test_what_was_never_packed_is_refused(harm: bytes) -> None:
    with pytest.raises(ValueError, match=r"not what was packed|Error"):
        Piece.unpacked(harm, 1000)


def test_a_bomb_is_not_unpacked_beyond_its_size() -> None:
    bomb = Piece.of(bytes(1 << 26), 9).packed

    with pytest.raises(ValueError, match="not what was packed"):
        Piece.unpacked(bomb, 1000)


def test_the_length_does_not_tell_whether_one_piece_repeats_another() -> None:
    secret, guesses = Piece.of(b"token=7f3a9c" * 3), [b"token=7f3a9c" * 9, b"other=51d20b" * 9]

    assert len({len(gzip_of((secret, Piece.of(guess)))) for guess in guesses}) == 1


@pytest.mark.parametrize(
    "accepted",
    [
        "gzip",
        "gzip, deflate, br, zstd",
        "GZIP",
        "x-gzip",
        "*",
        "br;q=1.0, gzip;q=0.8",
        "gzip;q=0.5, identity;q=0.5",
        "gzip ; q=1",
    ],
)
def test_who_takes_gzip_gets_it(accepted: str) -> None:
    assert takes_gzip(accepted)


@pytest.mark.parametrize(
    "accepted",
    [
        "",
        "identity",
        "br",
        "gzip;q=0",
        "gzip;q=0.000",
        "*;q=0",
        "*, gzip;q=0",
        "gzip;q=0.1, identity",
        "gzip;q=x",
        "gzipped",
        ";;,,",
    ],
)
def test_who_does_not_take_gzip_gets_none(accepted: str) -> None:
    assert not takes_gzip(accepted)
