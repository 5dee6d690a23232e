"""Access tokens as texts."""

from __future__ import annotations

import logging
import re
import time

import pytest

from kallithea.config.logging import PlainFormatter
from kallithea.lib.access_tokens import (
    TokenKind,
    begins_as_token,
    has_token,
    new_access_token,
    stored_hash,
    token_kind,
    without_tokens,
)
from kallithea.lib.errors import Invalid
from kallithea.lib.passwords import checked_new_password

KINDS = pytest.mark.parametrize("kind", TokenKind)


@KINDS
def test_a_new_token_is_known_as_one(kind: TokenKind) -> None:
    token = new_access_token(kind)

    assert token_kind(token) is kind
    assert begins_as_token(token)
    assert re.fullmatch(r"kald?_[a-z2-7]{39}", token)


def test_no_two_tokens_are_alike() -> None:
    assert len({new_access_token(TokenKind.PERSON) for _ in range(1000)}) == 1000


@KINDS
def test_a_mistyped_token_is_none_wherever_the_mistake_is(kind: TokenKind) -> None:
    token = new_access_token(kind)
    start = len(kind.value)
    others = {"a": "b"}

    wrong = [token[:i] + others.get(token[i], "a") + token[i + 1 :] for i in range(start, len(token))]

    assert {token_kind(text) for text in wrong} == {None}


@KINDS
def test_two_letters_that_changed_places_are_noticed(kind: TokenKind) -> None:
    token = new_access_token(kind)
    swapped = [token[:i] + token[i + 1] + token[i] + token[i + 2 :] for i in range(len(kind.value), len(token) - 1)]

    assert {token_kind(text) for text in swapped if text != token} == {None}


def test_the_token_of_one_kind_is_not_of_the_other() -> None:
    token = new_access_token(TokenKind.PERSON)

    assert token_kind(token.replace("kal_", "kald_")) is None


@pytest.mark.parametrize("text", ["", "kal_", "kald_", "kal_x", "x", "kal_" + "a" * 39, "kal_" + "A" * 39, "kal_\0", "käl_"])
def test_what_was_never_given_out_is_no_token(text: str) -> None:
    assert token_kind(text) is None


@pytest.mark.parametrize("more", ["\n", " ", "a", "a" * 1_000_000])
def test_a_token_with_something_behind_it_is_none(more: str) -> None:
    assert token_kind(new_access_token(TokenKind.PERSON) + more) is None


def test_looking_for_a_token_in_a_long_text_is_quick() -> None:
    began = time.perf_counter()

    assert not has_token("kal_kald_" * 100_000 + "kal_" + "a" * 100_000)

    assert time.perf_counter() - began < 5


def test_a_token_is_seen_in_a_query() -> None:
    token = new_access_token(TokenKind.REPOSITORY)

    assert has_token(f"service=git-upload-pack&x={token}&y=1")
    assert not has_token("filter=kal_&kald=1")


def test_what_is_kept_depends_on_the_secret_of_the_instance() -> None:
    token = new_access_token(TokenKind.PERSON)
    kept = stored_hash("one secret of an instance", token)

    assert re.fullmatch("[0-9a-f]{64}", kept)
    assert kept != stored_hash("another secret of one", token)
    assert kept == stored_hash("one secret of an instance", token)


@KINDS
def test_a_log_line_never_shows_a_token(kind: TokenKind) -> None:
    token = new_access_token(kind)
    record = logging.LogRecord("x", logging.INFO, "x", 1, "asked for %s with it", (f"/a/{token}/b",), None)

    assert token not in PlainFormatter().format(record)
    assert token[:20] not in PlainFormatter().format(record)


def test_no_password_may_look_like_a_token() -> None:
    with pytest.raises(Invalid):
        checked_new_password("kal_correct-horse")


@pytest.mark.parametrize("kind", TokenKind)
def test_what_a_client_says_of_itself_is_told_without_a_token(kind: TokenKind) -> None:
    token = new_access_token(kind)

    assert without_tokens(f"a program {token}, and {token[:20]}") == f"a program {kind.value}***, and {kind.value}***"
    assert without_tokens("git/2.40 kallithea") == "git/2.40 kallithea"
