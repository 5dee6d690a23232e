"""Who may not read a repository cannot find out that it exists."""

import pytest

from tests.clients.server import Person, Server

REQUESTS = {
    "git clone": ("GET", "/{}/info/refs?service=git-upload-pack", {}, None),
    "git push": ("GET", "/{}/info/refs?service=git-receive-pack", {}, None),
    "git pack": ("POST", "/{}/git-upload-pack", {"Content-Type": "application/x-git-upload-pack-request"}, b"0000"),
    "hg": ("GET", "/{}?cmd=capabilities", {"Accept": "application/mercurial-0.1"}, None),
    "hg push": ("POST", "/{}?cmd=unbundle", {"Accept": "application/mercurial-0.1"}, b"HG10UN"),
}

every_request = pytest.mark.parametrize("request_name", REQUESTS)


@every_request
def test_a_stranger_gets_the_same_answer(server: Server, alice: Person, kind: str, request_name: str) -> None:
    repository = server.repository(kind=kind, private=True)
    method, target, headers, body = REQUESTS[request_name]

    private = server.request(method, target.format(repository.path), headers={**headers, **alice.basic}, body=body)
    missing = server.request(method, target.format("missing"), headers={**headers, **alice.basic}, body=body)

    assert private.told == missing.told
    assert private.status == 404


@every_request
def test_a_visitor_gets_the_same_answer(server: Server, kind: str, request_name: str) -> None:
    repository = server.repository(kind=kind, private=True, public=True)
    method, target, headers, body = REQUESTS[request_name]

    private = server.request(method, target.format(repository.path), headers=headers, body=body)
    missing = server.request(method, target.format("missing"), headers=headers, body=body)

    assert private.told == missing.told
    assert private.status == 401


def test_git_without_the_smart_protocol_gets_the_page_for_what_is_missing(server: Server, kind: str) -> None:
    repository = server.repository(kind=kind, private=True, public=True)
    headers = {"User-Agent": "git/2.39"}

    found = [server.request("GET", f"/{name}/info/refs", headers=headers) for name in (repository.path, "missing")]

    # That this page tells nothing is shown in tests/doors; it carries the name asked for and a token, so it differs.
    assert [(answer.status, answer.headers["content-type"]) for answer in found] == [(404, "text/html; charset=utf-8")] * 2


def test_the_permanent_address_tells_nothing_either(server: Server, alice: Person, kind: str) -> None:
    repository = server.repository(kind=kind, private=True)
    target = "/_{}?cmd=capabilities" if kind == "hg" else "/_{}/info/refs?service=git-upload-pack"

    private = server.request("GET", target.format(repository.id), headers=alice.basic)
    missing = server.request("GET", target.format(999_999), headers=alice.basic)

    assert private.told == missing.told
    assert private.status == 404


def test_a_client_says_that_nothing_is_there(server: Server, alice: Person, kind: str) -> None:
    repository = server.repository(kind=kind, private=True)

    outcome = alice.tries_to_clone(repository)

    assert not outcome.worked
    assert outcome.says("There is no repository or group of this name, or you may not see it.")
