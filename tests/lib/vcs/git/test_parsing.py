"""Raw objects become values, also those that old and broken tools wrote."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kallithea.lib.vcs.git.parsing import find_in_tree, parse_commit, parse_tree
from kallithea.lib.vcs.objects import Commit, EntryKind

ID = "1" * 40


def commit(author: bytes = b"Ann <ann@example.com> 0 +0000", message: bytes = b"Hello\n", extra: bytes = b"") -> Commit:
    return parse_commit(
        ID, b"tree " + b"2" * 40 + b"\nauthor " + author + b"\ncommitter " + author + b"\n" + extra + b"\n" + message
    )


@pytest.mark.parametrize(
    ("raw", "name", "email", "when"),
    [
        (b"Ann <a@b> 60 +0130", "Ann", "a@b", datetime(1970, 1, 1, 1, 31, tzinfo=timezone(timedelta(hours=1.5)))),
        (b"Ann <a@b> 0 -0100", "Ann", "a@b", datetime(1969, 12, 31, 23, tzinfo=timezone(-timedelta(hours=1)))),
        (b"Ann <a@b> 0 +051800", "Ann", "a@b", datetime(1970, 1, 1, tzinfo=timezone.utc)),
        (b"Ann <a@b>", "Ann", "a@b", datetime(1970, 1, 1, tzinfo=timezone.utc)),
        (b" <> 0 +0000", "", "", datetime(1970, 1, 1, tzinfo=timezone.utc)),
        (b"Ann", "Ann", "", datetime(1970, 1, 1, tzinfo=timezone.utc)),
        (b"", "", "", datetime(1970, 1, 1, tzinfo=timezone.utc)),
    ],
)
def test_signature_is_read_as_far_as_it_goes(raw: bytes, name: str, email: str, when: datetime) -> None:
    author = commit(raw).author

    assert (author.name, author.email, author.when) == (name, email, when)


@pytest.mark.parametrize("seconds", [b"99999999999999999999", b"-99999999999999999999"])
def test_time_that_no_calendar_has_is_brought_into_it(seconds: bytes) -> None:
    assert commit(b"Ann <a@b> " + seconds + b" +1200").author.when.year in range(1, 10_000)


def test_message_is_decoded_by_its_own_encoding() -> None:
    assert commit(message=b"\xe4", extra=b"encoding iso-8859-1\n").message == "ä"


@pytest.mark.parametrize("encoding", [b"nonsense", b"utf-8", b"", b"\0", b"hex", b"rot13", b"idna"])
def test_message_that_does_not_fit_its_encoding_is_shown_all_the_same(encoding: bytes) -> None:
    assert "x" in commit(message=b"x\xff", extra=b"encoding " + encoding + b"\n").message


def test_texts_that_are_no_utf_8_are_from_the_west() -> None:
    found = commit(author=b"Andr\xe9 <a@b> 0 +0000", message=b"caf\xe9 \x96 na\xefve")

    assert (found.author.name, found.message) == ("André", "café – naïve")


def test_utf_8_that_is_cut_off_keeps_what_fits() -> None:
    assert commit(message="日本語".encode()[:-1]).message == "日本\ufffd"


def test_signature_lines_are_no_headers() -> None:
    found = commit(extra=b"gpgsig -----BEGIN\n parent " + b"3" * 40 + b"\n -----END\n")

    assert (found.parents, found.message) == ((), "Hello\n")


@given(st.binary())
def test_anything_becomes_a_commit(raw: bytes) -> None:
    assert parse_commit(ID, raw).id.hex == ID


NAMES = st.binary(min_size=1, max_size=9).filter(lambda name: b"\0" not in name)
MODES = st.sampled_from(
    [
        (b"100644", EntryKind.FILE),
        (b"100664", EntryKind.FILE),
        (b"100755", EntryKind.EXECUTABLE),
        (b"40000", EntryKind.FOLDER),
        (b"040000", EntryKind.FOLDER),
        (b"120000", EntryKind.SYMLINK),
        (b"160000", EntryKind.SUBMODULE),
    ]
)
ENTRIES = st.lists(st.tuples(NAMES, MODES, st.binary(min_size=20, max_size=20)), max_size=6)


@given(ENTRIES)
def test_tree_is_read_back(entries: list[tuple[bytes, tuple[bytes, EntryKind], bytes]]) -> None:
    raw = b"".join(mode + b" " + name + b"\0" + object_id for name, (mode, _), object_id in entries)

    found = [(item.name, item.kind, item.id) for item in parse_tree(raw, 20)]

    assert found == [(name, kind, object_id.hex()) for name, (_, kind), object_id in entries]


def test_name_inside_an_id_is_not_found() -> None:
    raw = b"100644 a\0" + b"100644 b\0" + b"x" * 11

    assert find_in_tree(raw, 20, b"b") is None
