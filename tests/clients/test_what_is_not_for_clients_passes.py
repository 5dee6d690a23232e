"""Browsers get pages, also at addresses that look nearly like those of git and hg."""

import shutil

import pytest

from tests.clients.server import Person, Server

PAGES = [
    ("GET", ""),
    ("GET", "?page=2"),
    ("GET", "?cmd=changelog"),
    ("GET", "/files/tip/info/refs"),
    ("GET", "/info/refs"),
    ("GET", "/info/refs?service=other"),
    ("GET", "/git-upload-pack"),
    ("POST", "/settings"),
    ("GET", "/HEAD"),
    ("GET", "/%ff/info/refs?service=git-upload-pack"),
    ("GET", "/%00/info/refs?service=git-upload-pack"),
]


@pytest.mark.parametrize(("method", "rest"), PAGES)
def test_pages_are_for_the_application_inside(server: Server, method: str, rest: str) -> None:
    repository = server.repository(kind="git", public=True)

    answer = server.request(method, f"/{repository.path}{rest}")

    assert answer.headers["content-type"].startswith("text/html")


@pytest.mark.parametrize(
    ("method", "rest", "allowed"),
    [
        ("HEAD", "/info/refs?service=git-upload-pack", "GET"),
        ("POST", "/info/refs?service=git-upload-pack", "GET"),
        ("PUT", "/git-receive-pack", "POST"),
        ("DELETE", "?cmd=heads", "GET, POST"),
    ],
)
def test_other_methods_are_not_allowed(server: Server, method: str, rest: str, allowed: str) -> None:
    repository = server.repository(kind="git", public=True)

    answer = server.request(method, f"/{repository.path}{rest}")

    assert (answer.status, answer.headers["allow"]) == (405, allowed)


def test_other_services_of_git_are_not_offered(server: Server) -> None:
    repository = server.repository(kind="git", public=True)

    assert server.request("GET", f"/{repository.path}/info/refs?service=git-upload-archive").status == 403


def test_answers_are_not_kept_and_set_no_cookies(server: Server, kind: str) -> None:
    repository = server.repository(kind=kind, public=True)
    rest = "?cmd=capabilities" if kind == "hg" else "/info/refs?service=git-upload-pack"

    answer = server.request("GET", f"/{repository.path}{rest}")

    assert answer.status == 200
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "set-cookie" not in answer.headers


def test_a_repository_that_is_not_on_the_disk_is_unavailable(server: Server, alice: Person, kind: str) -> None:
    repository = server.repository(kind=kind, readers=[alice])
    shutil.rmtree(server.backend(repository).path)

    outcome = alice.tries_to_clone(repository)

    assert outcome.refused_with("503")
