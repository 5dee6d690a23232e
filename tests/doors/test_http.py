"""What holds for every answer: headers, methods, HEAD, and that each error has its row in the table of each door."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from webtest import TestResponse

from kallithea.cli import EXIT_CODES
from kallithea.controllers.errors import STATUS
from kallithea.lib import errors
from kallithea.pages.error import EXPLANATIONS
from kallithea.wire.errors import STATUS as WIRE_STATUS
from tests.doors.addresses import Address, addresses
from tests.worlds import OF_EACH_ANSWER, Browser, Hosted, World

GETS = [address for address in addresses() if address.door.method == "GET"]
NEW_EACH_TIME = {"/_admin/my_account/security/app"}
"""Pages that show a secret made for them, in a picture that takes more or fewer bytes."""
SECURITY = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
}
VISIBLE_ERRORS = ("/nothing/here", "/_admin/nothing", "/?page=0", "/?page=x", "/_admin/my_account", "/a%00b", "/%ff", "/a/../b")


@pytest.fixture(scope="module", name="repository")
def _repository(world: World) -> Hosted:
    repository = world.repository("git")
    world.filled(repository, {"README.md": b"# Read me\n", "logo.svg": b"<svg xmlns='http://www.w3.org/2000/svg'/>"})
    return repository


@pytest.fixture(scope="module", name="group")
def _group(world: World) -> str:
    return world.group()


@pytest.fixture(name="boss")
def _boss(world: World) -> Browser:
    return world.browser(world.administrator)


def _url(address: Address, repository: Hosted, group: str) -> str:
    return address.around(repository.path, group)


def _protection(answer: TestResponse) -> dict[str, str]:
    return {name: answer.headers.get(name, "") for name in SECURITY}


# --- headers


@pytest.mark.parametrize("address", GETS, ids=lambda address: address.label)
def test_answer_has_the_security_headers(boss: Browser, repository: Hosted, group: str, address: Address) -> None:
    answer = boss.get(_url(address, repository, group))

    assert _protection(answer) == SECURITY
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")


@pytest.mark.parametrize("url", VISIBLE_ERRORS)
def test_error_has_the_security_headers(world: World, url: str) -> None:
    answer = world.browser().get(url)

    assert answer.status_int >= 400
    assert _protection(answer) == SECURITY


@pytest.mark.parametrize("address", GETS, ids=lambda address: address.label)
def test_page_allows_no_inline_script_and_no_other_host(
    boss: Browser, repository: Hosted, group: str, address: Address
) -> None:
    answer = boss.get(_url(address, repository, group))
    policy = answer.headers["Content-Security-Policy"]

    assert "//" not in policy
    assert "unsafe" not in policy.replace("style-src 'unsafe-inline'; sandbox", "")


@pytest.mark.parametrize("address", GETS, ids=lambda address: address.label)
def test_answer_is_not_kept_by_shared_caches(boss: Browser, repository: Hosted, group: str, address: Address) -> None:
    answer = boss.get(_url(address, repository, group))

    if answer.status_int == 200:
        assert {"private", "no-store"} & {part.strip() for part in answer.headers["Cache-Control"].split(",")}


def test_strict_transport_is_not_claimed_where_it_is_not_asked_for(boss: Browser) -> None:
    assert "Strict-Transport-Security" not in boss.get("/").headers


# --- methods


@pytest.mark.filterwarnings("ignore:Unknown REQUEST_METHOD")
@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND", "BREW"])
@pytest.mark.parametrize("url", ["/", "/_admin/login", "/{place}", "/{place}/settings", "/nothing"])
def test_other_methods_are_refused_with_those_that_are_allowed(
    boss: Browser, repository: Hosted, method: str, url: str
) -> None:
    answer = boss.request(method, url.replace("{place}", repository.path))

    assert (answer.status_int, answer.headers["Allow"]) == (405, "GET, HEAD, POST")


def test_post_to_a_page_is_refused_with_what_is_allowed(boss: Browser, repository: Hosted) -> None:
    answer = boss.post(f"{repository.url}/changelog")

    assert (answer.status_int, answer.headers["Allow"]) == (405, "GET, HEAD")


def test_get_of_an_action_is_refused_with_what_is_allowed(boss: Browser) -> None:
    answer = boss.get("/_admin/logout")

    assert (answer.status_int, answer.headers["Allow"]) == (405, "POST")


@pytest.mark.parametrize("address", GETS, ids=lambda address: address.label)
def test_head_is_get_without_a_body(boss: Browser, repository: Hosted, group: str, address: Address) -> None:
    url = _url(address, repository, group)
    get = boss.get(url)

    head = boss.request("HEAD", url)

    assert (head.status, head.body) == (get.status, b"")
    # The client of the tests counts what was streamed without a length.
    streamed = {"Content-Length"} - {*head.headers}
    if address.pattern in NEW_EACH_TIME:
        streamed = {"Content-Length"}
    said, compared = ({n: v for n, v in a.headers.items() if n not in OF_EACH_ANSWER | streamed} for a in (head, get))
    assert said == compared


# --- tables of errors


def _all_errors(root: type[errors.KallitheaError] = errors.KallitheaError) -> Iterator[type[errors.KallitheaError]]:
    for kind in root.__subclasses__():
        if kind.__module__.startswith("kallithea."):
            yield kind
            yield from _all_errors(kind)


DECLARED = [kind for kind in _all_errors() if kind.__module__ == errors.__name__]
OF_ROOMS = sorted({*_all_errors()} - {*DECLARED}, key=str)


@pytest.mark.parametrize("table", [STATUS, WIRE_STATUS, EXIT_CODES], ids=["web", "wire", "cli"])
@pytest.mark.parametrize("kind", DECLARED, ids=lambda kind: kind.__name__)
def test_error_has_its_row(kind: type[errors.KallitheaError], table: dict[type, object]) -> None:
    assert kind in table


@pytest.mark.parametrize("kind", OF_ROOMS, ids=lambda kind: kind.__name__)
def test_error_of_a_room_is_a_special_case_of_one_that_all_doors_know(kind: type[errors.KallitheaError]) -> None:
    assert any(above in DECLARED for above in kind.__mro__[1:])


@pytest.mark.parametrize("status", sorted({*STATUS.values(), 405}))
def test_status_has_a_page_of_its_own(status: int) -> None:
    assert status in EXPLANATIONS
