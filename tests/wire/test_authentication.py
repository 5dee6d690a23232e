"""What clients show to prove who they are."""

from base64 import b64encode

import pytest

from kallithea.lib.errors import Unauthenticated
from kallithea.services.actors import NamePassword, NoCredentials, ShownToken
from kallithea.wire.authentication import proof


def basic(text: str, encoding: str = "utf-8") -> str:
    return "Basic " + b64encode(text.encode(encoding)).decode()


def test_no_header_is_nobody() -> None:
    assert proof(None) == NoCredentials()


def test_a_password_may_have_colons() -> None:
    assert proof(basic("ann:a:b:")) == NamePassword("ann", "a:b:")


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_names_and_passwords_come_in_two_encodings(encoding: str) -> None:
    assert proof(basic("bjørn:smørrebrød", encoding)) == NamePassword("bjørn", "smørrebrød")


def test_the_scheme_may_be_written_small() -> None:
    assert proof(basic("ann:x").replace("Basic", "basic")) == NamePassword("ann", "x")


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Basic",
        "Basic ?",
        "Bearer",
        "Bearer abc",
        "Digest x",
        basic("nocolon"),
        basic(":secret"),
        basic("a\nb:c"),
        basic("a:\0"),
        "Basic ä",
        basic("ann:" + "x" * 20_000),
        "Bearer kal_" + "x" * 20_000,
    ],
)
def test_what_cannot_be_read_is_refused(header: str) -> None:
    with pytest.raises(Unauthenticated):
        proof(header)


@pytest.mark.parametrize("name", ["", "token", "ann"])
def test_a_token_as_password_is_no_password(name: str) -> None:
    assert proof(basic(f"{name}:kal_abc")) == ShownToken("kal_abc", name)


def test_a_token_may_stand_alone() -> None:
    assert proof("Bearer kald_abc") == ShownToken("kald_abc")


@pytest.mark.parametrize("header", [basic("ann:kal_abc"), "Bearer kal_abc"])
def test_a_token_is_not_shown_by_what_carries_it(header: str) -> None:
    assert "kal_" not in repr(proof(header))
