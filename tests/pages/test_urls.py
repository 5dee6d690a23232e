"""Addresses come back as the names they were made of."""

from urllib.parse import parse_qs, unquote, unquote_to_bytes, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kallithea.lib.vcs import CommitId, FilePath, Kind, Ref, RefKind
from kallithea.pages.urls import Urls, origin_of, revision_of

URLS = Urls()
ID = CommitId("ab" * 20)


def test_addresses_begin_with_the_prefix() -> None:
    urls = Urls("/code/")

    assert urls.home() == "/code/"
    assert urls.repository("web/shop") == "/code/web/shop"
    assert urls.login(came_from="/code/web?a=b&c") == "/code/_admin/login?came_from=%2Fcode%2Fweb%3Fa%3Db%26c"


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        (URLS.changeset("web/shop", ID), f"/web/shop/changeset/{ID.hex}"),
        (URLS.changeset_patch("web/shop", ID), f"/web/shop/changeset-patch/{ID.hex}"),
        (URLS.files("web/shop", "tip", FilePath(b"")), "/web/shop/files/tip"),
        (URLS.raw("shop", "tip", FilePath(b"a b/#1?.txt")), "/shop/raw/tip/a%20b/%231%3F.txt"),
        (URLS.raw_file("shop", "tip", FilePath(b"caf\xe9")), "/shop/rawfile/tip?raw_path=636166e9"),
        (URLS.file_changelog("shop", "tip", FilePath(b"a"), page=3), "/shop/changelog/tip/a?page=3"),
        (URLS.changelog("shop", branch="feature/x y"), "/shop/changelog?branch=feature%2Fx+y"),
        (URLS.save_repository("web/shop"), "/_admin/repos/web/shop"),
        (URLS.delete_repository("web/shop"), "/_admin/repos/web/shop/delete"),
        (URLS.home(filter_text="a&b", kind=Kind.HG, page=2), "/?filter=a%26b&kind=hg&page=2"),
        (URLS.repository_by_number(7), "/_7"),
    ],
)
def test_an_address_reads_as_people_expect(address: str, expected: str) -> None:
    assert address == expected


@given(st.binary(min_size=1, max_size=40))
def test_a_path_of_any_bytes_comes_back(raw: bytes) -> None:
    path = FilePath(raw)

    address = urlsplit(URLS.files("shop", "tip", path))

    given_path = parse_qs(address.query).get("raw_path")
    found = bytes.fromhex(given_path[0]) if given_path else unquote_to_bytes(address.path.removeprefix("/shop/files/tip/"))
    assert found == raw
    assert {".", ".."}.isdisjoint(unquote(address.path, errors="replace").split("/"))


def test_a_branch_with_a_slash_is_addressed_by_its_commit() -> None:
    assert revision_of(Ref(RefKind.BRANCH, "feature/x", ID)) == ID.hex
    assert revision_of(Ref(RefKind.BRANCH, "stable", ID)) == "stable"


@pytest.mark.parametrize(
    ("site", "expected"),
    [
        ("https://code.example.com", "https://code.example.com/web/shop"),
        ("https://example.com:8443/code/", "https://example.com:8443/code/web/shop"),
        ("http://[2001:db8::1]:5000", "http://[2001:db8::1]:5000/web/shop"),
        ("https://example.com/caf%C3%A9", "https://example.com/caf%C3%A9/web/shop"),
        ("https://example.com/café", "https://example.com/caf%C3%A9/web/shop"),
    ],
)
def test_addresses_of_a_site_are_whole(site: str, expected: str) -> None:
    assert Urls.of_site(site).repository("web/shop") == expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://Code.Example.com:443/code", "https://code.example.com"),
        ("http://example.com:5000", "http://example.com:5000"),
        ("http://[2001:DB8::1]:5000/", "http://[2001:db8::1]:5000"),
        ("https://bücher.example", "https://xn--bcher-kva.example"),
        ("", ""),
    ],
)
def test_origin_is_what_browsers_send(url: str, expected: str) -> None:
    assert origin_of(url) == expected


@pytest.mark.parametrize(
    ("template", "address"),
    [
        ("ssh://git@{hostname}:2222/{repo}", "ssh://git@code.example.com:2222/gr%C3%B6%C3%9Fe/a%20b"),
        ("ssh://git@ssh.example.com/_{repoid}", "ssh://git@ssh.example.com/_7"),
        ("git@{hostname}:{repo}", "git@code.example.com:größe/a b"),
        ("", ""),
    ],
)
def test_addresses_over_ssh_are_as_their_template_says(template: str, address: str) -> None:
    assert Urls.of_site("https://code.example.com:8443/scm").over_ssh(template, "größe/a b", 7) == address


def test_the_host_of_an_address_over_ssh_may_be_a_number() -> None:
    assert Urls.of_site("http://[2001:db8::1]:5000").over_ssh("ssh://{hostname}/{repo}", "x", 1) == "ssh://[2001:db8::1]/x"
