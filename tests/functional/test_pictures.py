"""People give themselves a picture, and it is shown beside what they wrote."""

from __future__ import annotations

import re

import pytest
from webtest import TestResponse

from kallithea.lib.pictures import MOST_BYTES
from kallithea.pages.site import CSRF_FIELD
from tests.lib.test_pictures import SECRET, SECRETS, jpeg, png
from tests.worlds import Browser, Hosted, Person, World, both_kinds

ADDRESS = re.compile(r'<img class="face" src="(/_admin/pictures/[^"]*)"')


def send(browser: Browser, content: bytes, *, token: str | None = None) -> TestResponse:
    """Send the form with the file, as a browser does."""
    fields = {CSRF_FIELD: browser.token() if token is None else token}
    files = [("picture", "../../my photo.svg", content, "text/html")]
    return browser.app.post("/_admin/my_account/picture", fields, upload_files=files, status="*")


@pytest.fixture(name="ann")
def _ann(world: World) -> Person:
    return world.person()


def written_by(world: World, person: Person, kind: str) -> Hosted:
    """A repository with a commit of this person."""
    repository = world.repository(kind)
    history = world.history(repository)
    history.commit({"a.txt": b"1\n"}, author=f"Ann <{person.name.upper()}@example.com>")
    history.publish()
    return repository


@both_kinds
def test_picture_is_shown_beside_a_commit_and_taken_away_again(world: World, ann: Person, kind: str) -> None:
    repository = written_by(world, ann, kind)
    visitor, browser = world.browser(), world.browser(ann)
    page = f"{repository.url}/changeset/tip"
    assert ADDRESS.search(visitor.get(page, status=200).text) is None

    assert send(browser, png()).status_int == 303

    [address] = ADDRESS.findall(visitor.get(page, status=200).text)
    picture = visitor.get(address, status=200)
    assert (picture.body, picture.content_type) == (png(), "image/png")
    assert ADDRESS.findall(browser.get("/_admin/my_account").text) == [address]

    browser.post("/_admin/my_account/picture/delete", status=303)

    assert ADDRESS.search(visitor.get(page, status=200).text) is None
    assert visitor.get(address).content_type == "image/svg+xml"


def test_lists_of_people_ask_for_no_pictures(world: World, ann: Person) -> None:
    repository = written_by(world, ann, "git")
    send(world.browser(ann), png())

    assert "<img" not in world.browser().get(f"{repository.url}/changelog", status=200).text


def test_another_picture_has_another_address(world: World, ann: Person) -> None:
    browser = world.browser(ann)
    addresses = []
    for picture in (png(), png(9, 9), jpeg(8, 8, SECRETS[jpeg])):
        send(browser, picture)
        addresses += ADDRESS.findall(browser.get("/_admin/my_account").text)

    assert len(set(addresses)) == 3
    last = browser.get(addresses[-1])
    assert last.content_type == "image/jpeg"
    assert SECRET not in last.body
    assert browser.get(addresses[0]).content_type == "image/svg+xml"


def test_picture_leaves_as_nothing_but_a_picture(world: World, ann: Person) -> None:
    browser = world.browser(ann)
    send(browser, png())
    [address] = ADDRESS.findall(browser.get("/_admin/my_account").text)

    headers = world.browser().get(address).headers

    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in headers["Content-Security-Policy"]
    assert "private" in headers["Cache-Control"]


@pytest.mark.parametrize("content", [b"", b"<script>alert(1)</script>", png(5000, 5000), png() + b"x" * MOST_BYTES])
def test_what_is_no_picture_is_refused_beside_its_field(world: World, ann: Person, content: bytes) -> None:
    answer = send(world.browser(ann), content)

    assert answer.status_int == 400
    assert answer.html.find(id="picture-error").text


def test_picture_from_another_site_is_refused(world: World, ann: Person) -> None:
    browser = world.browser(ann)

    assert send(browser, png(), token="x" * 32).status_int == 400
    assert ADDRESS.search(browser.get("/_admin/my_account").text) is None


@pytest.mark.parametrize("address", ["0/x", "x/y", "999999999/" + "0" * 32, "1/%00", "%D9%A3/x", "9" * 30 + "/x"])
def test_address_of_nothing_tells_nothing(world: World, address: str) -> None:
    answer = world.browser().get(f"/_admin/pictures/{address}")

    assert answer.status_int == 400 if "%00" in address else answer.content_type == "image/svg+xml"


MULTIPART = "multipart/form-data"
DISPOSITION = b'Content-Disposition: form-data; name="a"'


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        (MULTIPART, b""),
        (f"{MULTIPART}; boundary=", b"--\r\n"),
        (f"{MULTIPART}; boundary={'x' * 71}", b""),
        (f"{MULTIPART}; boundary=x", b""),
        (f"{MULTIPART}; boundary=x", b"--x"),
        (f"{MULTIPART}; boundary=x", b"--x\r\n" + DISPOSITION + b"\r\n\r\n1"),
        (f"{MULTIPART}; boundary=x", b"--x\r\n\r\n1\r\n--x--"),
        (f"{MULTIPART}; boundary=x", b"--x\r\n" + DISPOSITION + b"\r\n" + DISPOSITION + b"\r\n\r\n1\r\n--x--"),
        (f"{MULTIPART}; boundary=x", b"--x\r\n" + DISPOSITION + b"\r\n\r\n\xff\r\n--x--"),
        (f"{MULTIPART}; boundary=x", b"--x\r\n" + DISPOSITION + b"\r\n\r\n\0\r\n--x--"),
        (f"{MULTIPART}; boundary=x", b"\r\n--x" * 100_000),
        (f"{MULTIPART}; boundary=x", b"--x\r\n" + b"X: " + b"y" * 10_000 + b"\r\n" + DISPOSITION + b"\r\n\r\n1\r\n--x--"),
    ],
)
def test_form_with_a_file_is_read_strictly(world: World, ann: Person, content_type: str, body: bytes) -> None:
    answer = world.browser(ann).request("POST", "/_admin/my_account/picture", body=body, content_type=content_type)

    assert answer.status_int == 400
