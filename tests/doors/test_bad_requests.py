"""Requests that no browser of good will sends: each gets a clear answer with the right status, and nothing happens."""

from __future__ import annotations

from typing import Any

import pytest
from webob import Request, Response

from kallithea.pages.site import CSRF_FIELD
from tests.doors.addresses import Address, addresses
from tests.worlds import Browser, Hosted, World

ADDRESSES = addresses()
GETS = [address for address in ADDRESSES if address.door.method == "GET"]
POSTS = [address for address in ADDRESSES if address.door.method == "POST"]
FORM = "application/x-www-form-urlencoded"


@pytest.fixture(scope="module", name="repository")
def _repository(world: World) -> Hosted:
    repository = world.repository("hg")
    world.filled(repository, {"README.md": b"# Read me\n"})
    return repository


@pytest.fixture(scope="module", name="group")
def _group(world: World) -> str:
    return world.group()


@pytest.fixture(name="boss")
def _boss(world: World) -> Browser:
    return world.browser(world.administrator)


def _url(address: Address, repository: Hosted, group: str) -> str:
    return address.around(repository.path, group)


def _raw(browser: Browser, method: str, path: str, **environ: Any) -> Response:
    """A request whose environ is exactly as given, without what test clients check or correct."""
    request = Request.blank("/", environ={"REQUEST_METHOD": method, **browser.app.extra_environ})
    request.body = environ.pop("body", b"")
    request.environ["HTTP_COOKIE"] = f"kallithea={browser.cookie()}"
    request.environ.update({"PATH_INFO": path, **environ})
    return request.get_response(browser.app.app)


def _form(browser: Browser, body: bytes, path: str = "/_admin/logout", **environ: Any) -> Response:
    token = f"{CSRF_FIELD}={browser.token()}&".encode()
    return _raw(browser, "POST", path, body=token + body, **{"CONTENT_TYPE": FORM, **environ})


# --- paths and queries, on every page


@pytest.mark.parametrize(
    "tail", ["/\xff", "/\xc3\x28", "/\x00", "/\r\nX-Evil: 1", "/..", "/../../etc/passwd", "/.", "/\x7f"], ids=ascii
)
@pytest.mark.parametrize("address", GETS, ids=lambda address: address.label)
def test_path_that_is_none_is_refused(boss: Browser, repository: Hosted, group: str, address: Address, tail: str) -> None:
    answer = _raw(boss, "GET", _url(address, repository, group).rstrip("/") + tail)

    assert answer.status_int == 400
    assert "Traceback" not in answer.text


@pytest.mark.parametrize(
    "query", ["x=%ff", "%ff=x", "x=%00", "page=%c3%28", "x=\xff", "&".join(["a=1"] * 10_000)], ids=lambda q: q[:9]
)
@pytest.mark.parametrize("address", GETS, ids=lambda address: address.label)
def test_query_that_is_none_is_refused(boss: Browser, repository: Hosted, group: str, address: Address, query: str) -> None:
    answer = _raw(boss, "GET", _url(address, repository, group), QUERY_STRING=query)

    assert answer.status_int == 400


@pytest.mark.parametrize("address", GETS, ids=lambda address: address.label)
def test_very_long_path_is_answered(boss: Browser, repository: Hosted, group: str, address: Address) -> None:
    answer = boss.get(_url(address, repository, group).rstrip("/") + "/a" * 2000 + "b" * 4000)

    leads_on = address.door.path == "changelog_details"  # to where that is answered
    assert answer.status_int in ((303,) if leads_on else (200, 404))
    assert answer.status_int != 200 or address.door.most is None


@pytest.mark.parametrize(
    "query",
    [
        "page=0",
        "page=-1",
        "page=1.5",
        "page=x",
        "page=999999999",
        "page=9999999999999999999999",
        "page=٣",
        "kind=svn",
        "page=1e3",
    ],
)
@pytest.mark.parametrize("where", ["/", "/{group}"])
def test_listing_refuses_what_is_no_page(boss: Browser, group: str, where: str, query: str) -> None:
    assert boss.get(f"{where.replace('{group}', group)}?{query}").status_int == 400


@pytest.mark.parametrize("query", ["page=0", "page=-1", "page=x", "page=999999999", "size=-1", "size=x"])
@pytest.mark.parametrize("tail", ["changelog", "changelog/tip/README.md"])
def test_history_refuses_what_is_no_page(boss: Browser, repository: Hosted, tail: str, query: str) -> None:
    assert boss.get(f"{repository.url}/{tail}?{query}").status_int == 400


@pytest.mark.parametrize("where", ["/?page=99999", "/?page=100000&filter=x"])
def test_page_far_behind_the_last_one_is_empty(boss: Browser, where: str) -> None:
    assert boss.get(where).status_int == 200


@pytest.mark.parametrize("query", ["context=999999999", "context=-1", "context=x", "fulldiff=maybe", "ignorews=2"])
def test_changeset_refuses_options_that_are_none(boss: Browser, repository: Hosted, query: str) -> None:
    assert boss.get(f"{repository.url}/changeset/tip?{query}").status_int == 400


@pytest.mark.parametrize(
    "text",
    ["%", "_", "\\", "'; DROP TABLE user; --", "x" * 5000, "<script>", "\u202e", "a " * 500],
    ids=lambda t: ascii(t)[:12],
)
def test_filter_takes_any_text_and_shows_it_safely(boss: Browser, text: str) -> None:
    answer = boss.get("/", params={"filter": text}, status=200)

    assert "<script>" not in answer.text


def test_percent_in_the_filter_means_itself(boss: Browser, repository: Hosted) -> None:
    assert repository.path in boss.get(f"/?filter={repository.path}").text
    assert repository.path not in boss.get("/?filter=%25").text


# --- forms


@pytest.mark.parametrize("address", POSTS, ids=lambda address: address.label)
@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b'{"repo_name": "x"}'),
        ("text/plain", b"repo_name=x"),
        ("", b"repo_name=x"),
    ],
    ids=["json", "text", "nothing"],
)
def test_form_of_another_kind_is_refused_with_how_to_send_it(
    boss: Browser, repository: Hosted, group: str, address: Address, kind: str, body: bytes
) -> None:
    answer = _raw(boss, "POST", _url(address, repository, group), body=body, CONTENT_TYPE=kind)

    assert answer.status_int == 400
    assert FORM in answer.text


@pytest.mark.parametrize("address", POSTS, ids=lambda address: address.label)
@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data; boundary=x", b"--x\r\ngarbage"),
        ("multipart/form-data", b"no boundary at all"),
        ("multipart/form-data; boundary=" + "y" * 500, b"\x00\xff" * 100),
    ],
    ids=["garbage", "no boundary", "binary"],
)
def test_form_in_broken_parts_is_refused(
    boss: Browser, repository: Hosted, group: str, address: Address, kind: str, body: bytes
) -> None:
    answer = _raw(boss, "POST", _url(address, repository, group), body=body, CONTENT_TYPE=kind)

    assert answer.status_int == 400
    assert "The form cannot be read." in answer.text


@pytest.mark.parametrize("body", [b"x=%ff", b"%ff=x", b"x=\xff", b"x=%00", b"%00=x", b"x=%c3%28"])
def test_form_that_is_no_text_is_refused(boss: Browser, body: bytes) -> None:
    assert _form(boss, body).status_int == 400


def test_form_of_ten_thousand_fields_is_refused(boss: Browser) -> None:
    answer = _form(boss, b"&".join(b"f%d=1" % number for number in range(10_000)))

    assert answer.status_int == 400
    assert "1000 values" in answer.text


def test_oversized_form_is_refused(boss: Browser) -> None:
    assert _form(boss, b"x=" + b"y" * (1 << 20)).status_int == 413


@pytest.mark.parametrize("length", ["-1", "x", "1e3", " ", "9" * 5000, "1.0", "+5", "٣"], ids=lambda text: ascii(text)[:8])
def test_length_that_is_none_is_refused(boss: Browser, length: str) -> None:
    assert _form(boss, b"x=y", CONTENT_LENGTH=length).status_int in (400, 413)


def test_form_that_is_cut_off_is_refused(boss: Browser) -> None:
    answer = _form(boss, b"x=y", CONTENT_LENGTH="5000")

    assert answer.status_int == 400
    assert "whole" in answer.text


def test_form_cut_off_inside_a_value_does_nothing(world: World, boss: Browser) -> None:
    before = world.rows()

    _form(boss, b"repo_name=cut-off", "/_admin/create_repository", CONTENT_LENGTH="5000")

    assert world.rows() == before


@pytest.mark.parametrize(
    "agent", ["\xff\xfe", "<script>", "x" * 100_000, "git/2.40", "mercurial/proto-1.0"], ids=lambda a: ascii(a)[:9]
)
def test_pages_are_answered_whatever_the_client_calls_itself(boss: Browser, agent: str) -> None:
    assert _raw(boss, "GET", "/", HTTP_USER_AGENT=agent).status_int == 200


@pytest.mark.parametrize("host", ["", "evil.example", "<script>", "a\xffb", "x" * 5000], ids=lambda h: ascii(h)[:8])
def test_page_survives_any_host_header(boss: Browser, repository: Hosted, host: str) -> None:
    answer = _raw(boss, "GET", repository.url, HTTP_HOST=host)

    assert answer.status_int in (200, 400)
    assert "<script>" not in answer.text


# --- what is never shown


def test_defect_is_shown_as_an_incident_without_a_traceback(
    world: World, boss: Browser, repository: Hosted, caplog: pytest.LogCaptureFixture
) -> None:
    folder = world.backend(repository).path
    folder.rename(folder.with_suffix(".away"))
    try:
        answer = boss.get(f"{repository.url}/changelog")
    finally:
        folder.with_suffix(".away").rename(folder)

    assert answer.status_int == 503
    assert "Traceback" not in answer.text
    assert str(world.folder) not in answer.text
