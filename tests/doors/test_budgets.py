"""Visitors who ask for too much are told what helps, and nobody else notices."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from kallithea.controllers.exposing import DOORS
from kallithea.services.admission import Admission, Limits
from kallithea.services.budgets import Price
from tests.worlds import Hosted, World, both_kinds

BUDGET = 10


@pytest.fixture(autouse=True)
def _budget(world: World) -> Iterator[None]:
    """Visitors may have ten pages made in a minute."""
    before = world.app.admission
    world.app.admission = Admission(Limits.of(threads=32, cores=2, hg_helpers=4), visitor_budget=BUDGET)
    yield
    world.app.admission = before


def filled(world: World, kind: str = "hg") -> Hosted:
    repository = world.repository(kind)
    world.filled(repository, {"README.md": b"# Read me\n"}, {"b.txt": b"b\n"})
    return repository


@both_kinds
def test_a_crawler_is_told_when_to_come_back_and_what_helps(world: World, kind: str) -> None:
    repository, crawler = filled(world, kind), world.browser()

    answers = [crawler.get(f"{repository.url}/changelog?size={number}") for number in range(1, BUDGET + 3)]

    assert [answer.status_int for answer in answers] == [200] * BUDGET + [429] * 2
    refused = answers[-1]
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert refused.html.select_one("form input[name=password]") is not None
    assert "Who is signed in has no limit" in refused.text
    assert refused.headers["Cache-Control"] == "private, no-cache"


@pytest.mark.parametrize(
    "page", ["annotate/tip/{}.txt", "changeset-diff/tip?n={}", "archive/tip.zip?n={}", "changelog/tip/{}.txt"]
)
def test_costly_pages_are_refused_sooner(world: World, page: str) -> None:
    repository, crawler = world.repository("hg"), world.browser()
    world.filled(repository, {f"{n}.txt": b"a line\n" for n in range(4)})

    statuses = [crawler.get(f"{repository.url}/{page.format(n)}").status_int for n in range(4)]

    assert statuses.count(200) == BUDGET // Price.COSTLY
    assert statuses[-1] == 429


def test_members_are_not_limited(world: World) -> None:
    repository, member = filled(world), world.browser(world.person())

    assert {member.get(f"{repository.url}/changelog?size={number}").status_int for number in range(1, 40)} == {200}


def test_pages_that_are_remembered_cost_nothing(world: World) -> None:
    repository, visitor = filled(world), world.browser()

    assert {visitor.get(f"{repository.url}/changelog").status_int for _ in range(3 * BUDGET)} == {200}
    assert visitor.get(f"{repository.url}/changeset/tip").status_int == 200


def test_who_has_nothing_left_can_sign_in(world: World) -> None:
    repository, visitor, person = filled(world), world.browser(), world.person()
    for number in range(1, BUDGET + 2):
        visitor.get(f"{repository.url}/changelog?size={number}")

    assert visitor.get("/_admin/login").status_int == 200
    assert visitor.sign_in(person).status_int == 303
    assert visitor.get(f"{repository.url}/changelog?size=99").status_int == 200


@both_kinds
def test_clones_and_files_of_the_site_cost_nothing(world: World, kind: str) -> None:
    repository, visitor = filled(world, kind), world.browser()
    wire = "/info/refs?service=git-upload-pack" if kind == "git" else "?cmd=capabilities"
    for target in (repository.url + wire, "/robots.txt", "/_health/live", "/favicon.ico"):
        for _ in range(BUDGET):
            visitor.get(target, status=200)

    assert visitor.get(f"{repository.url}/changelog?size=7").status_int == 200


def test_an_unknown_proxy_cannot_choose_who_pays(world: World) -> None:
    repository, crawler = filled(world), world.browser()

    statuses = [
        crawler.get(f"{repository.url}/changelog?size={number}", headers={"X-Forwarded-For": f"198.51.100.{number}"}).status_int
        for number in range(1, BUDGET + 3)
    ]

    assert statuses[-2:] == [429, 429]


def test_others_of_another_network_do_not_notice(world: World) -> None:
    repository, crawler = filled(world), world.browser()
    for number in range(1, BUDGET + 3):
        crawler.get(f"{repository.url}/changelog?size={number}")

    assert world.browser().get(f"{repository.url}/changelog?size=99").status_int == 200


def test_only_what_signing_in_needs_is_free() -> None:
    free = {door.label for door in DOORS if door.is_free}

    assert free == {
        "admin.accepting.index",
        "admin.done.done",
        "admin.recovering.index",
        "admin.registering.confirmation",
        "admin.registering.index",
        "admin.session_csrf_secret_token",
        "admin.signing_in.back_from",
        "admin.signing_in.index",
        "admin.signing_in.leave_for",
        "admin.signing_in.leave_there",
        "admin.signing_in.second_step_page",
        "admin.signing_in.signed_out",
    }
