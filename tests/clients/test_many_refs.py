"""A repository with very many names is shown in pages, and pushed to and asked for its names as any other."""

from __future__ import annotations

import os

import pytest

from benchmarks.many_refs import write_git_names, write_hg_names
from tests.clients.histories import empty_working_copy, write_history
from tests.clients.server import Hosted, Person, Server

FULL = os.environ.get("KALLITHEA_FULL_SIZE", "") not in {"", "0"}
NAMES = {"git": 100_000 if FULL else 3_000, "hg": 100_000 if FULL else 600}
MOST_HEADS = 4_000
"""Clients of hg name all heads in the head of a request, of which servers take 256 kB (hg's own server takes less)."""
MOST_BYTES = 250_000
"""Of a page before it is packed: about a hundred lines, whatever the number of names."""
PAGES = {
    "git": (
        "",
        "branches",
        "branches?page=3",
        "tags",
        "tags?filter=v00",
        "changelog",
        "files/main",
        "changeset/main",
        "compare",
    ),
    "hg": ("", "branches", "branches?page=3", "bookmarks", "tags", "changelog", "files/default", "changeset/tip", "compare"),
}


@pytest.fixture(name="shop")
def _shop(server: Server, alice: Person, kind: str) -> Hosted:
    """A public repository with many names."""
    shop = server.repository(kind=kind, writers=[alice], public=True)
    work = empty_working_copy(kind, server.new_folder())
    write_history(work, 20)
    assert work.push(*(["--all"] if kind == "git" else []), alice.url(shop)).worked
    store = server.backend(shop).path
    if kind == "git":
        write_git_names(store, NAMES[kind])
    else:
        write_hg_names(store, NAMES[kind], server.folder, branches=min(NAMES[kind], MOST_HEADS))
    return shop


def test_pages_are_as_long_as_of_few_names_and_clients_are_served(server: Server, alice: Person, shop: Hosted) -> None:
    for page in PAGES[shop.kind]:
        answer = server.request("GET", f"/{shop.path}/{page}".rstrip("/"))
        assert (page, answer.status) == (page, 200)
        assert len(answer.body) < MOST_BYTES, page

    if shop.kind == "git":
        listed = alice.clone(shop, "--single-branch", "--no-tags").runs("ls-remote", "origin")
        assert len(listed.splitlines()) > NAMES["git"]
    work = alice.clone(shop, *(["--single-branch", "--no-tags"] if shop.kind == "git" else ["--noupdate"]))
    if shop.kind == "hg":
        work.runs("update", "default")
        assert len(work.runs("bookmarks", "--template", "{bookmark}\n").splitlines()) == NAMES["hg"]
    pushed = work.commit("new.txt", message="After all names").push()

    assert pushed.worked, pushed.text
    assert b"After all names" in server.request("GET", f"/{shop.path}").body
