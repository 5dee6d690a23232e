"""Names that could be taken for somebody else's are refused."""

from __future__ import annotations

import pytest

from kallithea.lib.errors import Invalid
from kallithea.lib.names import display_name, user_name

CYRILLIC_A = "\u0430"
LOOK_ALIKES = {
    "a Cyrillic letter": f"{CYRILLIC_A}lice",
    "a Greek letter": "alic\u03b5",
    "wide letters": "\uff41\uff4c\uff49\uff43\uff45",
    "mathematical letters": "\U0001d41a\U0001d425\U0001d422\U0001d41c\U0001d41e",
    "a letter without a dot": "al\u0131ce",
    "a space of no width": "ali\u200bce",
    "a joiner": "ali\u200dce",
    "a turn of direction": "\u202eecila",
    "a soft hyphen": "ali\u00adce",
    "a combining mark": "alice\u0301",
    "a filler": "alice\u3164",
    "a line end": "alice\nbob",
    "other digits": "alice\u0661",
}


@pytest.mark.parametrize("name", LOOK_ALIKES.values(), ids=LOOK_ALIKES)
def test_user_name_that_looks_like_another_is_refused(name: str) -> None:
    with pytest.raises(Invalid, match="letters from A to Z"):
        user_name(name)


@pytest.mark.parametrize("name", [f"{CYRILLIC_A}lice", "Alic\u03b5 Smith", "\uff41lice", "Bob \U0001d41alice"], ids=ascii)
def test_display_name_that_mixes_alphabets_in_a_word_is_refused(name: str) -> None:
    with pytest.raises(Invalid, match="several alphabets"):
        display_name(name)


@pytest.mark.parametrize("name", ["ali\u200bce", "\u202eecila", "ali\u00adce", "alice\u3164", "alice\x07"], ids=ascii)
def test_display_name_with_something_invisible_is_refused(name: str) -> None:
    with pytest.raises(Invalid, match="invisible"):
        display_name(name)


@pytest.mark.parametrize("name", ["alice@example.com", "<b>alice</b>", 'alice"', "web/shop"])
def test_display_name_that_looks_like_an_address_or_a_path_is_refused(name: str) -> None:
    with pytest.raises(Invalid):
        display_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "Ada Lovelace",
        "José Núñez",
        "Иван Петров",
        "Ελένη",
        "山田 太郎",
        "ヤマダ太郎",
        "O’Neill",
        "Ada Иванова",
        "李 Lee",
        "अनिता",
    ],
)
def test_display_name_of_any_language_is_taken(name: str) -> None:
    assert display_name(name) == name


def test_display_name_is_brought_into_one_form() -> None:
    assert display_name("  Jose\u0301   Nu\u0301n\u0303ez ") == "José Núñez"


def test_display_name_has_an_end() -> None:
    with pytest.raises(Invalid, match="at most"):
        display_name("a" * 101)
