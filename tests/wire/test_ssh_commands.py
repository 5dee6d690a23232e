"""What clients of SSH ask for is read without a shell, and only what git and hg send is understood."""

from __future__ import annotations

import shlex
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kallithea.lib.access import Access
from kallithea.lib.errors import Forbidden, Invalid, KallitheaError
from kallithea.lib.vcs import GitSession, HgSession, Kind
from kallithea.wire.ssh.commands import parse


@pytest.mark.parametrize(
    ("command", "path"),
    [
        ("git-upload-pack 'web/shop'", "web/shop"),
        ("git-upload-pack '/web/shop'", "web/shop"),
        ("git-upload-pack '/web/shop.git/'", "web/shop.git"),
        ("git-upload-pack 'it'\\''s'", "it's"),
        ("git-upload-pack 'bang'\\!''", "bang!"),
        ("git-upload-pack 'größe'", "größe"),
        ("hg -R web/shop serve --stdio", "web/shop"),
        ("hg -R /web/shop serve --stdio", "web/shop"),
        ("hg -R 'with space' serve --stdio", "with space"),
        ("hg -R 'it'\\''s' serve --stdio", "it's"),
    ],
)
def test_the_path_is_what_git_and_hg_mean(command: str, path: str) -> None:
    assert parse(command).path == path


def test_fetching_needs_to_read_and_pushing_to_write() -> None:
    assert parse("git-upload-pack 'x'").needs is Access.READ
    assert parse("git-receive-pack 'x'").needs is Access.WRITE


def test_an_hg_session_begins_with_reading() -> None:
    knock = parse("hg -R x serve --stdio", address="10.1.2.3")

    assert (knock.kind, knock.needs, knock.session) == (Kind.HG, Access.READ, HgSession("10.1.2.3"))


@pytest.mark.parametrize(
    ("sent", "seen"), [("version=2", "version=2"), ("version=2:x", "version=2:x"), ("$(x)", ""), ("a\nb", "")]
)
def test_only_harmless_words_of_the_protocol_go_on(sent: str, seen: str) -> None:
    assert parse("git-upload-pack 'x'", protocol=sent).session == GitSession("git-upload-pack", seen)


@pytest.mark.parametrize("command", ["git-upload-archive 'x'", "git-lfs-authenticate x download", "scp -t x", "hg init x"])
def test_what_is_known_elsewhere_is_refused_by_its_name(command: str) -> None:
    with pytest.raises(Forbidden):
        parse(command)


def quoted_by_git(text: str) -> str:
    """git's own quoting (quote.c, sq_quote_buf)."""
    inside = text.replace("'", "'\\''").replace("!", "'\\!'")
    return f"'{inside}'"


printable = st.text(st.characters(exclude_categories=["C", "Z"], include_characters=" '!\\\"$`;|&"), min_size=1, max_size=40)


@given(printable)
def test_whatever_git_quotes_comes_back(name: str) -> None:
    path = f"a/{name}/b"

    assert parse(f"git-upload-pack {quoted_by_git(path)}").path == path


@given(printable)
def test_a_shell_would_read_the_same(name: str) -> None:
    """Nothing is run by a shell here, but what is authorised must be what an honest client meant."""
    command = f"git-upload-pack {quoted_by_git(f'a/{name}/b')}"

    assert parse(command).path == shlex.split(command)[1]


@given(st.text(max_size=200))
def test_no_command_is_a_defect(command: str) -> None:
    with suppress(KallitheaError):
        parse(command)


@given(st.text(alphabet="git-upload-pack '\\!hg-Rserve-stdio x;$", max_size=60))
def test_no_command_of_these_letters_is_a_defect(command: str) -> None:
    with suppress(KallitheaError):
        parse(command)


def test_a_command_that_is_too_long_is_refused_before_it_is_read() -> None:
    with pytest.raises(Invalid, match="too long"):
        parse("git-upload-pack '" + "a" * 10_000_000 + "'")
