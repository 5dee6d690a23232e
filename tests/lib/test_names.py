"""Which names are accepted."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kallithea.lib.errors import Invalid
from kallithea.lib.names import NamespacePath, email_address, path_key, user_name


@pytest.mark.parametrize(
    "text", ["shop", "web/shop", "a b", "Größe", "日本/語", "x.y", "c++", "1", "a/_b", "under_score", "über/straße", "it's"]
)
def test_good_paths_are_taken_as_they_are(text: str) -> None:
    assert NamespacePath.parse(text).text == text


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "/", "a/", "/a", "a//b", ".", "..", "a/..", "a/./b", ".hg", ".git", "a/.hg", "_admin", "_1", "about", "ABOUT",
        "robots.txt", "-h", "--config=x", "a/-b", "a\\b", "a:b", "a?b", "a*b", 'a"b', "a<b", "a|b", "a%2Fb", "a#b", "con",
        "CON", "a/nul.txt", "com1", "x.git", "x.GIT", "x.hg", "x.lock", "ends.",
        "a\0b", "a\nb", "a\x7fb", "a\u202eb", "a\u200bb",
        "a\ufeffb", "x" * 300, "/".join(["x" * 100] * 3),
    ],
)  # fmt: skip
def test_bad_paths_are_refused_with_a_reason(text: str) -> None:
    with pytest.raises(Invalid) as refusal:
        NamespacePath.parse(text)
    assert refusal.value.fields["repo_name"]


def test_a_path_is_normalised_to_nfc() -> None:
    assert NamespacePath.parse("u\u0308ber").text == "über"


@pytest.mark.parametrize(("one", "other"), [("Shop", "sHOP"), ("STRASSE", "straße"), ("ÜBER", "u\u0308ber"), ("ﬁle", "file")])
def test_names_that_people_mix_up_have_one_key(one: str, other: str) -> None:
    assert path_key(one) == path_key(other)


@given(st.text(max_size=40))
def test_a_key_is_the_key_of_itself(text: str) -> None:
    assert path_key(path_key(text)) == path_key(text)


@given(st.text(max_size=60))
def test_what_is_accepted_stays_inside_the_root(text: str) -> None:
    try:
        path = NamespacePath.parse(text)
    except Invalid:
        return
    parts = path.text.split("/")
    assert all(parts)
    assert not {".", ".."} & set(parts)
    assert not path.text.startswith(("_", ".", "-", "/"))
    assert path.text.isprintable()


@pytest.mark.parametrize("text", ["a@b", "first.last@example.com", "x+y@example.org"])
def test_addresses(text: str) -> None:
    assert email_address(text) == text


@pytest.mark.parametrize("text", ["", "a", "a@", "@b", "a b@c", "a@b@c", "a@b\nBcc: c@d", "<a@b>", "a" * 251 + "@b.c"])
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(Invalid):
        email_address(text)


@pytest.mark.parametrize("text", ["alice", "a.b-c_d", "_x", "9"])
def test_user_names(text: str) -> None:
    assert user_name(text) == text


@pytest.mark.parametrize("text", ["", "-a", ".a", "a b", "ä", "a/b", "default", "Anyone", "a" * 101])
def test_what_is_no_user_name(text: str) -> None:
    with pytest.raises(Invalid):
        user_name(text)
