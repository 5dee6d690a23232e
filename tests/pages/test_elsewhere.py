"""Links out of a repository lead where their text says, or nowhere."""

import pytest

from kallithea.lib.vcs import EntryKind, FilePath, TreeEntry
from kallithea.pages.repository.elsewhere import link_url, module_url
from kallithea.pages.urls import Urls

COMMIT = "a" * 40


def module(target: str | None, commit: str | None = COMMIT) -> str | None:
    entry = TreeEntry(FilePath(b"lib/x"), EntryKind.SUBMODULE, target=target, id=commit)
    return module_url(Urls("/code"), "web/shop", entry)


@pytest.mark.parametrize(
    ("target", "url"),
    [
        ("https://code.example.com/libs/ledger.git", "https://code.example.com/libs/ledger.git"),
        ("http://code.example.com:8080/x?y", "http://code.example.com:8080/x?y"),
        ("https://github.com/o/n.git", f"https://github.com/o/n/tree/{COMMIT}"),
        ("https://gitlab.com/g/s/n", f"https://gitlab.com/g/s/n/-/tree/{COMMIT}"),
        ("[git]https://codeberg.org/o/n", f"https://codeberg.org/o/n/src/commit/{COMMIT}"),
        ("../ledger.git", f"/code/web/ledger/files/{COMMIT}"),
        ("../../libs/ledger", f"/code/libs/ledger/files/{COMMIT}"),
    ],
)
def test_a_module_leads_to_its_source(target: str, url: str) -> None:
    assert module(target) == url


@pytest.mark.parametrize(
    "target",
    [
        None, "", "javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "ssh://git@example.com/x",
        "git@example.com:x", "git://example.com/x", "ext::sh -c x", "https://github.com@evil.example/x", "https://user:secret@example.com/x",
        "https://", "http://[::1", "https://exa\nmple.com/", "https://a\\b.example/", "//evil.example/x", "/x", "x", "-x",
        "https://\u202egithub.com/x", "../..", "../../..", "\thttps://x\tjavascript:",
    ],
)  # fmt: skip
def test_a_source_that_is_no_web_address_is_text(target: str | None) -> None:
    assert module(target) is None


def link(target: str) -> str | None:
    return link_url(Urls(), "web/shop", "main", TreeEntry(FilePath(b"a/b/link"), EntryKind.SYMLINK, 1, target=target))


@pytest.mark.parametrize(
    ("target", "url"),
    [
        ("c.txt", "/web/shop/files/main/a/b/c.txt"),
        ("../c", "/web/shop/files/main/a/c"),
        ("../../", "/web/shop/files/main"),
        ("javascript:alert(1)", "/web/shop/files/main/a/b/javascript%3Aalert%281%29"),
    ],
)
def test_a_link_leads_to_its_target(target: str, url: str) -> None:
    assert link(target) == url


@pytest.mark.parametrize("target", ["", "/etc/passwd", "../../../x", "../../..", "caf\ufffd", "a\0b"])
def test_a_link_out_of_the_repository_leads_nowhere(target: str) -> None:
    assert link(target) is None
