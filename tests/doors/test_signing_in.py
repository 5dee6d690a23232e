"""Signing in: says nothing about who exists, slows guessing down, and never leads to another site."""

from __future__ import annotations

from urllib.parse import quote, urljoin, urlsplit

import pytest
from webtest import TestResponse

from tests.worlds import Browser, Person, World, without_token

FREE_PER_ACCOUNT = 10
FREE_PER_ADDRESS = 30


@pytest.fixture(name="alice")
def _alice(world: World) -> Person:
    return world.person()


def _guess(browser: Browser, name: str, password: str = "a wrong guess") -> TestResponse:
    return browser.post("/_admin/login", {"username": name, "password": password})


def _told(answer: TestResponse, name: str) -> tuple[object, ...]:
    body = without_token(answer.text.replace(name, "NAME"))
    headers = {
        key: value for key, value in answer.headers.items() if key not in ("Content-Length", "Set-Cookie", "X-Request-Id")
    }
    return answer.status, headers, body


# --- no oracle


def test_unknown_wrong_and_disabled_get_the_same_answer(world: World, alice: Person) -> None:
    disabled = world.person()
    world.disable(disabled)
    tried = {alice.name: "a wrong guess", disabled.name: "correct horse", "nobody-of-this-name": "a wrong guess"}

    told = [_told(_guess(world.browser(), name, password), name) for name, password in tried.items()]

    assert told[0][0] == "401 Unauthorized"
    assert told[0] == told[1] == told[2]


def test_name_and_address_open_the_account_whatever_their_case(world: World, alice: Person) -> None:
    for name in (alice.name, alice.name.upper(), f"{alice.name}@EXAMPLE.com", f" {alice.name} "):
        assert _guess(world.browser(), name, "correct horse").status_int == 303


@pytest.mark.parametrize("field", ["username", "password"])
def test_sign_in_without_a_field_says_which(world: World, field: str) -> None:
    fields = {"username": "x", "password": "y"}
    del fields[field]

    answer = world.browser().post("/_admin/login", fields)

    assert answer.status_int == 400
    assert field in answer.text


def test_password_is_never_sent_back(world: World, alice: Person) -> None:
    assert "a wrong guess" not in _guess(world.browser(), alice.name).text


def test_password_of_a_megabyte_is_refused_at_once(world: World, alice: Person) -> None:
    assert _guess(world.browser(), alice.name, "x" * 900_000).status_int == 401


# --- throttling


def test_guessing_one_account_is_slowed_down(world: World, alice: Person) -> None:
    answers = [_guess(world.browser(), alice.name) for _ in range(FREE_PER_ACCOUNT + 1)]

    assert [answer.status_int for answer in answers] == [401] * FREE_PER_ACCOUNT + [429]
    assert int(answers[-1].headers["Retry-After"]) >= 1


def test_right_password_has_to_wait_too(world: World, alice: Person) -> None:
    for _ in range(FREE_PER_ACCOUNT):
        _guess(world.browser(), alice.name)

    assert world.browser().sign_in(alice).status_int == 429


def test_waiting_as_long_as_told_is_enough(world: World, alice: Person) -> None:
    for _ in range(FREE_PER_ACCOUNT):
        _guess(world.browser(), alice.name)
    wait = int(_guess(world.browser(), alice.name).headers["Retry-After"])

    world.clock.advance(seconds=wait)

    assert world.browser().sign_in(alice).status_int == 303


def test_names_that_do_not_exist_are_throttled_alike(world: World) -> None:
    answers = [_guess(world.browser(), "nobody-with-many-guesses") for _ in range(FREE_PER_ACCOUNT + 1)]

    assert answers[-1].status_int == 429


def test_guessing_from_one_address_is_slowed_down(world: World) -> None:
    browser = world.browser()

    statuses = [_guess(browser, f"somebody-{number}").status_int for number in range(FREE_PER_ADDRESS + 1)]

    assert statuses == [401] * FREE_PER_ADDRESS + [429]


def test_others_are_not_slowed_down(world: World, alice: Person) -> None:
    for _ in range(FREE_PER_ACCOUNT + 1):
        _guess(world.browser(), alice.name)

    assert world.browser().sign_in(world.person()).status_int == 303


def test_sessions_that_are_open_are_not_slowed_down(world: World, alice: Person) -> None:
    browser = world.browser(alice)
    for _ in range(FREE_PER_ACCOUNT + 1):
        _guess(world.browser(), alice.name)

    assert browser.is_signed_in


def test_guessing_the_current_password_in_an_open_session_is_slowed_down(world: World, alice: Person) -> None:
    browser = world.browser(alice)
    new = {"new_password": "a better horse", "new_password_confirmation": "a better horse"}

    statuses = [
        browser.post("/_admin/my_account/password", {"current_password": f"guess {n}", **new}).status_int
        for n in range(FREE_PER_ACCOUNT + 1)
    ]

    assert statuses == [400] * FREE_PER_ACCOUNT + [429]


# --- where it leads

LEAVING = [
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "/\r\nLocation: https://evil.example",
    "/\x00/evil.example",
    " //evil.example",
    "https://evil.example",
    "https:evil.example",
    "http:/evil.example",
    "HTTPS://evil.example/",
    "javascript:alert(1)",
    "data:text/html,x",
    "//[",
    "//[::1",
    "//evil.example／x",
    "/\u2028/evil.example",
    "evil.example",
    "?x",
    "@evil.example",
    ".evil.example",
    ":80",
]


@pytest.mark.parametrize("came_from", LEAVING, ids=ascii)
@pytest.mark.parametrize("where", ["form", "query"])
def test_signing_in_never_leaves_the_site(world: World, alice: Person, came_from: str, where: str) -> None:
    browser = world.browser()
    in_query = f"?came_from={quote(came_from)}" if where == "query" else ""
    fields = {"came_from": came_from} if where == "form" else {}

    answer = browser.post(f"/_admin/login{in_query}", {"username": alice.name, "password": "correct horse", **fields})

    assert answer.status_int in (303, 400)
    if answer.status_int == 303:
        assert answer.headers["Location"] == "http://localhost/"


@pytest.mark.parametrize("came_from", [*LEAVING, "/.//evil.example", "/a/..//evil.example", "/%2e//evil.example"], ids=ascii)
def test_page_for_who_is_signed_in_already_never_leads_away(world: World, alice: Person, came_from: str) -> None:
    answer = world.browser(alice).get(f"/_admin/login?came_from={quote(came_from)}")

    assert answer.status_int in (303, 400)
    assert urlsplit(urljoin("http://localhost/", answer.headers.get("Location", ""))).netloc == "localhost"


@pytest.mark.parametrize("came_from", ["/a/b?page=2", "/a%20b", "/bücher/日本", "/x/changeset/1#L2", "/a//b"], ids=ascii)
def test_signing_in_leads_back_to_where_one_was(world: World, alice: Person, came_from: str) -> None:
    answer = world.browser().sign_in(alice, came_from=came_from)

    assert answer.status_int == 303
    assert answer.headers["Location"] == "http://localhost" + quote(came_from, safe="/?=#%")


def test_page_that_may_not_be_seen_leads_back_after_signing_in(world: World, alice: Person) -> None:
    repository = world.repository(readers=[alice], private=True)
    browser = world.browser()
    page = browser.get(f"{repository.url}/changelog?page=1", status=404)
    form = page.forms[0] if page.forms[0].method.lower() == "post" else page.forms[1]
    form["username"], form["password"] = alice.name, "correct horse"

    answer = form.submit(status=303)

    assert answer.headers["Location"] == f"http://localhost{repository.url}/changelog?page=1"
