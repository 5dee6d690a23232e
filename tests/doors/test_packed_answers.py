"""Pages go out with gzip where the client takes it, and their length tells other sites nothing."""

from __future__ import annotations

import gzip
import re

import pytest
from webob import Request, Response

from tests.worlds import Browser, Hosted, Person, World, both_kinds

GZIP = "gzip, deflate, br"
LONG = b"".join(b"line %d\n" % number for number in range(1000))


@pytest.fixture(scope="module", name="repository")
def _repository(world: World) -> Hosted:
    repository = world.repository("hg")
    more = [{"README.md": b"# %d\n" % number} for number in range(5)]
    world.filled(repository, *more, {"README.md": b"# Read me\n", **{f"folder/{number}.txt": LONG for number in range(40)}})
    return repository


PAGES = ["", "/changelog", "/files/tip/", "/files/tip/README.md", "/changeset/tip", "/nodelist/tip", "/feed/atom"]


def ask(world: World, url: str, *, method: str = "GET", person: Person | None = None, **headers: str) -> Response:
    """The answer as it is on the wire; browsers of tests unpack it."""
    request = Request.blank(url, method=method, remote_addr="192.0.2.1")
    request.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
    if person:
        request.cookies[world.app.settings.session_key] = world.session_token(person)
    answer = request.get_response(world.wsgi)
    # Read to its end, or it would go on holding its place.
    answer.body  # noqa: B018
    return answer


@pytest.mark.parametrize("page", PAGES)
def test_a_packed_answer_is_the_plain_one(world: World, repository: Hosted, page: str) -> None:
    plain = ask(world, repository.url + page)

    packed = ask(world, repository.url + page, Accept_Encoding=GZIP)

    assert plain.status_int == packed.status_int == 200
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.body) == plain.body
    assert packed.content_length == len(packed.body) < len(plain.body)
    assert plain.headers["Vary"] == packed.headers["Vary"] == "Accept-Encoding"
    assert plain.headers.get("ETag") == packed.headers.get("ETag")


@pytest.mark.parametrize("page", PAGES)
def test_head_says_what_get_says(world: World, repository: Hosted, page: str) -> None:
    get = ask(world, repository.url + page, Accept_Encoding=GZIP)

    head = ask(world, repository.url + page, method="HEAD", Accept_Encoding=GZIP)

    names = ("Content-Encoding", "Content-Length", "Content-Type", "ETag", "Vary", "Cache-Control")
    assert [head.headers.get(name) for name in names] == [get.headers.get(name) for name in names]
    assert head.body == b""


@pytest.mark.parametrize("page", ["/changelog", "/nodelist/tip"])
def test_a_browser_that_has_it_is_told_so_with_gzip_too(world: World, repository: Hosted, page: str) -> None:
    tag = world.browser().get(repository.url + page).headers["ETag"]

    answer = ask(world, repository.url + page, Accept_Encoding=GZIP, If_None_Match=f'"other", {tag}')

    assert (answer.status_int, answer.body) == (304, b"")
    assert answer.headers["ETag"] == tag
    assert answer.headers["Vary"] == "Accept-Encoding"
    assert "Content-Encoding" not in answer.headers


@pytest.mark.parametrize("page", ["/raw/tip/folder/1.txt", "/archive/tip.zip", "/changeset-diff/tip", "/changeset-patch/tip"])
def test_what_is_streamed_stays_as_it_is(world: World, repository: Hosted, page: str) -> None:
    answer = ask(world, repository.url + page, Accept_Encoding=GZIP)

    assert answer.status_int == 200
    assert "Content-Encoding" not in answer.headers


@both_kinds
def test_clients_get_what_they_are_used_to(world: World, kind: str) -> None:
    repository = world.repository(kind)
    more = [{"README.md": b"# %d\n" % number} for number in range(5)]
    world.filled(repository, *more, {"README.md": b"# Read me\n"})
    wire = "/info/refs?service=git-upload-pack" if kind == "git" else "?cmd=capabilities"

    answer = ask(world, repository.url + wire, Accept_Encoding=GZIP)

    assert answer.status_int == 200
    assert "Content-Encoding" not in answer.headers


def test_a_part_is_a_part_of_the_plain_text(world: World, repository: Hosted) -> None:
    answer = ask(world, f"{repository.url}/nodelist/tip", Accept_Encoding=GZIP, Range="bytes=0-99")

    assert "Content-Encoding" not in answer.headers
    assert answer.body.startswith(b'{"revision"')


def test_the_error_page_is_packed_too(world: World) -> None:
    answer = ask(world, "/nothing/here", Accept_Encoding=GZIP)

    assert answer.status_int == 404
    assert b"There is nothing here" in gzip.decompress(answer.body)


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_what_another_site_has_a_member_ask_for_is_not_packed(world: World, repository: Hosted, site: str) -> None:
    url = f"{repository.url}/changelog"

    answer = ask(world, url, person=world.administrator, Accept_Encoding=GZIP, Sec_Fetch_Site=site)

    assert "Content-Encoding" not in answer.headers


@pytest.mark.parametrize("site", ["same-origin", "none"])
def test_what_a_member_asks_for_is_packed(world: World, repository: Hosted, site: str) -> None:
    url = f"{repository.url}/changelog"

    answer = ask(world, url, person=world.administrator, Accept_Encoding=GZIP, Sec_Fetch_Site=site)

    assert answer.headers["Content-Encoding"] == "gzip"


def tokens(browser: Browser, url: str) -> list[str]:
    """The tokens of forms on a page that was asked for twice."""
    return [
        token
        for _ in range(2)
        for token in re.findall(r'csrf_secret_token" value="([^"]+)"', browser.get(url, status=200).text)
    ]


@pytest.mark.parametrize("page", ["/{repository}/changelog", "/_admin/my_account"])
def test_the_token_of_forms_looks_different_in_each_answer(world: World, repository: Hosted, page: str) -> None:
    browser = world.browser(world.administrator)

    found = tokens(browser, page.replace("/{repository}", repository.url))

    assert len(found) >= 2
    assert len({*found[: len(found) // 2]} & {*found[len(found) // 2 :]}) == 0


def test_a_form_of_an_older_answer_still_works(world: World, repository: Hosted) -> None:
    person = world.person()
    browser = world.browser(person)
    first = tokens(browser, f"{repository.url}/changelog")[0]

    answer = browser.post("/_admin/logout", {"_session_csrf_secret_token": first}, token=False)

    assert answer.status_int == 303


def test_nothing_of_a_member_is_in_the_page_of_the_next_visitor(world: World, repository: Hosted) -> None:
    person, url = world.person(), f"{repository.url}/changelog"
    first = world.browser().get(url).text
    member = world.browser(person).get(url).text

    visitor = world.browser().get(url).text

    assert person.name in member
    assert visitor == first
    assert person.name not in visitor
    assert "csrf_secret_token" not in visitor


def test_the_way_back_behind_the_sign_in_is_that_of_each_address(world: World, repository: Hosted) -> None:
    pages = [world.browser().get(f"{repository.url}/changelog?size={size}").text for size in (5, 6, 5)]

    assert ["size%3D5" in page for page in pages] == [True, False, True]
