"""Requests of git clients, read."""

from __future__ import annotations

import pytest

from kallithea.lib.access import Access
from kallithea.lib.errors import Forbidden, Invalid
from kallithea.lib.vcs import GitRequest, Kind
from kallithea.wire import git
from kallithea.wire.errors import MethodNotAllowed, UnsupportedMediaType
from kallithea.wire.knock import Knock

PACK_TYPES = {service: f"application/x-{service}-request" for service in git.REQUIRED}


@pytest.mark.parametrize(("service", "needs"), [("git-upload-pack", Access.READ), ("git-receive-pack", Access.WRITE)])
def test_an_advertisement_is_read(service: str, needs: Access) -> None:
    knock = git.parse(method="GET", path="/group/project.git/info/refs", query=f"service={service}", protocol="version=2")

    assert knock == Knock("group/project.git", Kind.GIT, GitRequest(service, advertise=True, protocol="version=2"), needs)


@pytest.mark.parametrize(("service", "needs"), [("git-upload-pack", Access.READ), ("git-receive-pack", Access.WRITE)])
def test_a_transfer_is_read(service: str, needs: Access) -> None:
    knock = git.parse(method="POST", path=f"/project/{service}", query="", content_type=PACK_TYPES[service])

    assert knock == Knock("project", Kind.GIT, GitRequest(service, advertise=False), needs)


@pytest.mark.parametrize("path", ["/info/refs/git-upload-pack", "/a/info/refs/git-upload-pack"])
def test_a_repository_may_be_called_like_a_service(path: str) -> None:
    knock = git.parse(method="GET", path=f"{path}/info/refs", query="service=git-upload-pack")

    assert knock is not None
    assert knock.path == path[1:]


@pytest.mark.parametrize(
    ("method", "path", "query"),
    [
        ("GET", "/project/info/refs", ""),
        ("GET", "/project/info/refs", "service=other"),
        ("GET", "/project/info/refs/", "service=git-upload-pack"),
        ("GET", "/project/git-upload-pack", ""),
        ("POST", "/project/git-upload-archive", ""),
        ("POST", "/project/files", ""),
    ],
)
def test_what_is_not_of_git_is_left_alone(method: str, path: str, query: str) -> None:
    assert git.parse(method=method, path=path, query=query) is None


def test_a_service_named_twice_is_refused() -> None:
    with pytest.raises(Invalid, match="more than once"):
        git.parse(method="GET", path="/p/info/refs", query="service=git-upload-pack&service=git-receive-pack")


@pytest.mark.parametrize("service", ["git-upload-archive", "git-", "git-receive-pack%00"])
def test_other_services_are_refused(service: str) -> None:
    with pytest.raises(Forbidden):
        git.parse(method="GET", path="/p/info/refs", query=f"service={service}")


def test_a_wrong_method_is_refused() -> None:
    with pytest.raises(MethodNotAllowed):
        git.parse(method="PUT", path="/p/git-receive-pack", query="")


@pytest.mark.parametrize("content_type", ["", "text/plain", PACK_TYPES["git-upload-pack"]])
def test_a_wrong_content_type_is_refused(content_type: str) -> None:
    with pytest.raises(UnsupportedMediaType):
        git.parse(method="POST", path="/p/git-receive-pack", query="", content_type=content_type)


@pytest.mark.parametrize("header", ["version=2", "version=1", "version=2:object-format=sha256", "flag"])
def test_harmless_protocols_reach_git(header: str) -> None:
    assert git.harmless_protocol(header) == header


@pytest.mark.parametrize("header", ["version=2\n", "version=2;x", "$(id)", ":", "version=", "a" * 201, "version=2 "])
def test_strange_protocols_do_not(header: str) -> None:
    assert git.harmless_protocol(header) == ""


@pytest.mark.parametrize("rest", ["info/refs", "HEAD", "objects/info/packs", "objects/ab/cdef"])
def test_a_dumb_request_of_git_is_noticed(rest: str) -> None:
    assert git.parse_dumb(path=f"/a/b/{rest}", query="", client="git/2.39") == git.DumbRequest("a/b")


def test_a_browser_makes_no_dumb_request() -> None:
    assert git.parse_dumb(path="/a/b/HEAD", query="", client="Mozilla/5.0") is None
