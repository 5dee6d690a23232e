"""What clients show to prove who they are."""

from base64 import b64encode

import pytest

from kallithea.lib.errors import Unauthenticated
from kallithea.services.actors import NamePassword, NoCredentials
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
    "header", ["", "Basic", "Basic ?", "Bearer abc", basic("nocolon"), basic(":secret"), basic("a\nb:c"), basic("a:\0")]
)
def test_what_cannot_be_read_is_refused(header: str) -> None:
    with pytest.raises(Unauthenticated):
        proof(header)
