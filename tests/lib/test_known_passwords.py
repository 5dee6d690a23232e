"""Passwords that everybody tries first are known, in whatever disguise; others are not."""

from __future__ import annotations

import time

import pytest

from kallithea.lib.errors import Invalid
from kallithea.lib.known_passwords import is_about, is_well_known
from kallithea.lib.passwords import MAX_LENGTH, MIN_LENGTH, checked_new_password, generated_password

TRIED_FIRST = [
    "passwordpassword",
    "Password1234",
    "P@ssw0rd1234",
    "!!!!password!!!!",
    "letmein12345",
    "iloveyou1234",
    "administrator",
    "Summer2024!!!",
    "trustno1trustno1",
    "admin admin admin",
    "correct horse battery staple",
    "123456789012",
    "abcdefghijkl",
    "qwertyuiop123",
    "1qaz2wsx3edc",
    "abcabcabcabc",
    "aaaaaaaaaaaa",
    "x" * 100,
]
UNUSUAL = [
    "correct horse",
    "zebra crossing at noon",
    "sunshine chocolate monkey",
    "9382!#71-love-0283",
    "pässwörd 密码 ı",
    "ein langer Satz mit Wörtern",
    "длинная фраза без смысла",
]


@pytest.mark.parametrize("password", TRIED_FIRST)
def test_password_that_is_tried_first_is_refused(password: str) -> None:
    assert is_well_known(password)
    with pytest.raises(Invalid, match="first that anybody would try"):
        checked_new_password(password)


@pytest.mark.parametrize("password", UNUSUAL)
def test_password_that_is_unusual_is_taken(password: str) -> None:
    assert checked_new_password(password, about=("alice", "alice@example.com")) == password


def test_generated_passwords_are_never_refused() -> None:
    for _ in range(300):
        checked_new_password(generated_password())


@pytest.mark.parametrize(
    "password", ["alice@example.com", "ALICE@example.com!", "alicealice99", "alice-alice-12", "4lice4lice4lice"]
)
def test_password_that_is_the_name_or_the_address_is_refused(password: str) -> None:
    with pytest.raises(Invalid, match="name or the address"):
        checked_new_password(password, about=("alice", "alice@example.com"))


def test_name_may_be_one_of_the_words() -> None:
    assert not is_about("alice goes to town", ("alice", "alice@example.com"))


@pytest.mark.parametrize("password", ["", "short", "x" * (MIN_LENGTH - 1), "ab" * MAX_LENGTH])
def test_password_that_is_too_short_or_too_long_is_refused_with_the_number(password: str) -> None:
    with pytest.raises(Invalid, match=r"at (least|most) \d+ characters"):
        checked_new_password(password)


def test_no_kind_of_character_is_asked_for() -> None:
    for password in ("nurkleinebuchstaben", "NUR GROSSE, JAWOHL", "8402 1957 3341 6620"):
        assert checked_new_password(password) == password


@pytest.mark.parametrize("password", ["ab" * 500, "aA1" * 333, "qwer" * 250, "admin" * 200, "\u0130" * 1000])
def test_long_passwords_cost_no_time(password: str) -> None:
    begun = time.perf_counter()
    is_well_known(password)
    is_about(password, ["a" * 254, "ab" * 100, "admin"])

    assert time.perf_counter() - begun < 0.5
