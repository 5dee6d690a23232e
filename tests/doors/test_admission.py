"""Visitors and clones never keep signed-in people waiting, and who is refused is told when to come back."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest
from webtest import TestResponse

from kallithea.services.actors import Anonymous, Member, Origin
from kallithea.services.admission import Admission, Limits, Patience
from tests.worlds import PASSWORD, Browser, Hosted, Person, World, both_kinds

NOBODY = Anonymous()
LARGE = b"x" * (1 << 20) + b"y"


@pytest.fixture(name="admission")
def _admission(world: World) -> Iterator[Admission]:
    """Fresh places for this test, where nobody waits long."""
    before = world.app.admission
    world.app.admission = Admission(Limits.of(threads=32, cores=2, hg_helpers=4), Patience(0.01, 0.01, 0.01))
    yield world.app.admission
    world.app.admission = before


@pytest.fixture(name="alice", scope="module")
def _alice(world: World) -> Person:
    return world.person()


@contextmanager
def crowded_pages(admission: Admission) -> Iterator[None]:
    """Visitors are looking at as many pages as they may."""
    with ExitStack() as held:
        for _ in range(admission.limits.visitor_pages):
            held.enter_context(admission.page(NOBODY, costly=False))
        for _ in range(admission.limits.costly_pages):
            held.enter_context(admission.page(NOBODY, costly=True))
        yield


@contextmanager
def crowded_transfers(admission: Admission, count: int, *, member: Person | None = None) -> Iterator[None]:
    """So many transfers of visitors run, or of one account, each of a repository that nobody else asks for."""
    actor = Member(member.id, member.name) if member else NOBODY
    with ExitStack() as held:
        for number in range(count):
            origin = Origin(f"192.0.2.{number}", "git/2.40", "http")
            held.enter_context(admission.transfer(actor, origin, repository=-1 - number))
        yield


def filled(world: World, kind: str = "git") -> Hosted:
    repository = world.repository(kind)
    world.filled(repository, {"README.md": b"# Read me\n", "large.txt": LARGE})
    return repository


def begins_to_clone(world: World, repository: Hosted, person: Person | None = None) -> TestResponse:
    """The first request of a clone that is a transfer."""
    headers = {}
    if person:
        headers["Authorization"] = "Basic " + b64encode(f"{person.name}:{PASSWORD}".encode()).decode()
    if repository.kind == "git":
        return world.browser().get(f"{repository.url}/info/refs?service=git-upload-pack", headers=headers)
    return world.browser().get(f"{repository.url}?cmd=getbundle", headers={"Accept": "application/mercurial-0.1", **headers})


@both_kinds
def test_a_visitor_in_a_crowd_is_told_to_come_back(world: World, admission: Admission, kind: str) -> None:
    repository = filled(world, kind)

    with crowded_pages(admission):
        answer = world.browser().get(repository.url)

    assert answer.status_int == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert "busy with the pages of other visitors" in answer.text


def test_a_member_gets_a_page_in_any_crowd(world: World, admission: Admission, alice: Person) -> None:
    repository = filled(world)

    with crowded_pages(admission):
        answer = world.browser(alice).get(f"{repository.url}/changelog")

    assert answer.status_int == 200


@pytest.mark.parametrize("forged", ["", "x", "0" * 43])
def test_a_cookie_that_nobody_gave_out_opens_nothing(world: World, admission: Admission, forged: str) -> None:
    repository = filled(world)
    browser: Browser = world.browser()
    browser.app.set_cookie(world.app.settings.session_key, forged)

    with crowded_pages(admission):
        answer = browser.get(repository.url)

    assert answer.status_int == 503


def test_a_page_that_is_remembered_is_shown_to_any_number_of_visitors(world: World, admission: Admission) -> None:
    repository = filled(world, "hg")  # a page of git is remembered when its refs have rested for a moment
    world.browser().get(repository.url, status=200)

    with crowded_pages(admission):
        answer = world.browser().get(repository.url)

    assert answer.status_int == 200


def test_costly_pages_of_visitors_do_not_keep_out_the_cheap_ones(world: World, admission: Admission) -> None:
    repository = filled(world)
    commit = world.backend(repository).reader.resolve("main").id

    with admission.page(NOBODY, costly=True):
        costly = world.browser().get(f"{repository.url}/changeset-diff/{commit}")
        cheap = world.browser().get(f"{repository.url}/changeset/{commit}")

    assert (costly.status_int, cheap.status_int) == (503, 200)


@both_kinds
@pytest.mark.parametrize("search", ["text=word", "author=somebody", "since=2020-01-01", "path=README.md", "rev=all()"])
def test_a_search_in_a_history_is_costly(world: World, admission: Admission, kind: str, search: str) -> None:
    repository = filled(world, kind)

    with admission.page(NOBODY, costly=True):
        searched = world.browser().get(f"{repository.url}/changelog?{search}")
        plain = world.browser().get(f"{repository.url}/changelog")

    assert (searched.status_int, plain.status_int) == (503, 200)
    assert world.browser().get(f"{repository.url}/changelog?{search}").headers["X-Robots-Tag"] == "noindex, nofollow"


@both_kinds
def test_clones_of_visitors_leave_room_for_those_of_members(
    world: World, admission: Admission, alice: Person, kind: str
) -> None:
    repository = filled(world, kind)

    with crowded_transfers(admission, admission.limits.visitor_transfers):
        visitor = begins_to_clone(world, repository)
        member = begins_to_clone(world, repository, alice)

    assert (visitor.status_int, member.status_int) == (503, 200)
    assert int(visitor.headers["Retry-After"]) > 0


def test_a_client_that_clones_too_much_at_once_is_told_so(world: World, admission: Admission, alice: Person) -> None:
    repository = filled(world)

    with crowded_transfers(admission, admission.limits.one_client, member=alice):
        answer = begins_to_clone(world, repository, alice)

    assert answer.status_int == 429
    assert int(answer.headers["Retry-After"]) > 0
    assert "your own transfers" in answer.text


@both_kinds
def test_a_large_file_is_a_transfer(world: World, admission: Admission, kind: str) -> None:
    repository = filled(world, kind)
    target = f"{repository.url}/raw/tip/large.txt"

    with crowded_transfers(admission, admission.limits.visitor_transfers):
        refused = world.browser().get(target)
        small = world.browser().get(f"{repository.url}/raw/tip/README.md")

    assert (refused.status_int, small.status_int) == (503, 200)
    assert world.browser().get(target, status=200).body == LARGE


@both_kinds
def test_every_place_comes_back(world: World, admission: Admission, alice: Person, kind: str) -> None:
    repository = filled(world, kind)
    begins_to_clone(world, repository, alice)
    begins_to_clone(world, repository)
    for page in ("", "/raw/tip/large.txt", "/changeset-diff/tip", "/raw/tip/missing", "/changeset-patch/missing"):
        world.browser().get(repository.url + page)
        world.browser(alice).request("HEAD", repository.url + page)

    assert (admission.transfers_running, admission.transfers_waiting) == (0, 0)
    assert admission.pages_at_work == 0
