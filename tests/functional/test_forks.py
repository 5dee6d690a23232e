"""Forks and followers through the whole application."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import update

from kallithea.jobs.table import KINDS
from kallithea.jobs.worker import Worker
from kallithea.lib.access import Access
from kallithea.lib.vcs.vault import DRAFT, INCOMING
from kallithea.model import Job
from kallithea.services.forks import COPY, MOST_UNFINISHED
from tests.functional.forms import form_to, form_with
from tests.worlds import Hosted, Person, World, both_kinds

Work = Callable[[], None]


@pytest.fixture(name="work")
def _work(world: World) -> Work:
    """Do the copies that wait."""
    worker = Worker(world.app.job_tools(), [COPY])

    def work() -> None:
        while worker.run_one():
            pass

    assert COPY in KINDS
    return work


def forked(world: World, parent: Hosted, person: Person, name: str | None = None, **fields: str) -> str:
    """Send the form; the path of the fork."""
    name = name or f"fork{world.number}"
    answer = world.browser(person).post(f"{parent.url}/fork", {"repo_name": name, **fields}, status=303)
    return str(answer.location).partition("//")[2].partition("/")[2]


def location(world: World, path: str) -> str:
    with world.app.system_scope() as scope:
        located = scope.access.at(path)
        assert located is not None
        assert located.repository is not None
        return located.repository.location


def is_private(world: World, path: str) -> bool:
    with world.app.system_scope() as scope:
        located = scope.access.at(path)
        return bool(located and located.repository and located.repository.is_private)


@both_kinds
def test_a_member_forks_by_the_form_and_sees_both_sides(world: World, work: Work, kind: str) -> None:
    parent, bob = world.repository(kind), world.person()
    world.filled(parent, {"README.md": b"# Read me\n"})
    browser = world.browser(bob)
    name = f"mine{world.number}"

    form = form_with(browser.get(f"{parent.url}/fork"), "repo_name")
    form["repo_name"] = name
    answer = form.submit()

    waiting = browser.get(answer.location)
    assert waiting.status_int == 200
    assert "Waiting to be copied" in waiting
    work()
    page = browser.get(f"/{name}", status=200)
    assert "README.md" in page
    assert f'fork of <a href="{parent.url}">' in page
    assert name in browser.get(f"{parent.url}/forks")
    assert "1 fork<" in browser.get(parent.url)


@both_kinds
def test_how_far_a_copy_is_moves_without_scripts(world: World, kind: str) -> None:
    parent, bob = world.repository(kind), world.person()
    world.filled(parent, {"README.md": b"# Read me\n"})
    fork = forked(world, parent, bob)
    draft = world.app.vault.root / INCOMING / location(world, fork).rpartition("/")[2] / DRAFT / "objects"
    draft.mkdir(parents=True)
    browser, told = world.browser(bob), []
    with world.app.system_scope() as scope:
        measured, copied = (scope.access.at(path).repository.id for path in (parent.path, fork))
        scope.repositories.measured(measured, 1000)
        begun = {"worker": "another machine", "leased_until": world.clock() + timedelta(minutes=1), "started_at": world.clock()}
        scope._session.execute(update(Job).where(Job.key == f"{COPY}:{copied}").values(begun))

    for length in (0, 370, 5000):
        (draft / "pack").write_bytes(b"x" * length)
        answer = browser.get(f"/{fork}", status=200)
        told.append(answer.html.select_one("progress").get("value"))

    assert told == ["0", "37", "99"]
    assert answer.headers["Refresh"] == "5"


@both_kinds
def test_no_part_of_a_fork_is_seen_before_all_of_it_is_there(world: World, work: Work, kind: str) -> None:
    parent, bob = world.repository(kind), world.person()
    world.filled(parent, {"README.md": b"# Read me\n"})
    fork = forked(world, parent, bob)
    browser = world.browser(bob)

    for page in ("changelog", "files/tip", "raw/tip/README.md", "archive/tip.zip", "feed/atom", "statistics", "fork", "forks"):
        assert (page, browser.get(f"/{fork}/{page}").status_int) == (page, 503)
    assert browser.get(f"/{fork}/settings").status_int == 200
    assert browser.get(f"/{fork}/repo_check_creating").json == {"result": False}
    knock = "?cmd=capabilities" if kind == "hg" else "/info/refs?service=git-upload-pack"
    answer = browser.get(f"/{fork}{knock}")
    assert answer.status_int == 503

    work()

    assert browser.get(f"/{fork}/repo_check_creating").json == {"result": True}
    assert browser.get(f"/{fork}{knock}").status_int == 200


@both_kinds
def test_lists_say_that_a_fork_is_being_copied_until_it_is_there(world: World, work: Work, kind: str) -> None:
    parent, bob = world.repository(kind), world.person()
    world.filled(parent, {"README.md": b"# Read me\n"})
    fork = forked(world, parent, bob)
    browser, lists = world.browser(bob), (f"{parent.url}/forks", f"/?filter={fork}")

    before = [browser.get(address, status=200).html for address in lists]
    work()
    after = [browser.get(address, status=200).text for address in lists]

    assert [page.select_one("table .badge:not(.git, .hg)").text for page in before] == ["being copied"] * 2
    assert [page.select_one("table a.name")["href"] for page in before] == [f"/{fork}"] * 2
    assert not any("being copied" in page for page in after)


def test_the_form_refuses_taken_names_and_says_so(world: World) -> None:
    parent, bob = world.repository(), world.person()

    answer = world.browser(bob).post(f"{parent.url}/fork", {"repo_name": parent.path})

    assert answer.status_int == 409
    assert "is taken" in answer
    assert f'value="{parent.path}"' in answer


def test_a_fork_goes_only_where_one_may_create(world: World) -> None:
    parent, bob = world.repository(), world.person()
    group = world.group()

    answer = world.browser(bob).post(f"{parent.url}/fork", {"repo_name": "x", "repo_group": group})

    assert answer.status_int == 403
    assert not world.exists(f"{group}/x")


def test_a_private_repository_cannot_be_forked_or_probed_by_others(world: World) -> None:
    parent, bob = world.repository(private=True), world.person()
    browser = world.browser(bob)

    for url in (f"{parent.url}/fork", f"{parent.url}/forks", f"{parent.url}/followers"):
        assert browser.get(url).status_int == 404
    assert browser.post(f"{parent.url}/fork", {"repo_name": "probe"}).status_int == 404
    assert browser.post(f"{parent.url}/follow").status_int == 404
    answer = browser.post("/_admin/toggle_following", {"follows_repository_id": str(parent.id)})
    assert answer.status_int == 404


def test_a_fork_of_something_private_is_private_whatever_the_form_says(world: World, work: Work) -> None:
    bob = world.person()
    parent = world.repository(private=True, readers=[bob])
    group = world.group(anyone=False, readers=[bob])
    inside = Hosted(0, f"{group}/first", "git", "")

    forks = [forked(world, place, bob) for place in (parent, inside)]
    work()

    for fork in forks:
        assert is_private(world, fork)
        assert world.browser().get(f"/{fork}").status_int == 404
        assert world.browser(bob).get(f"/{fork}").status_int == 200


def test_a_fork_of_something_for_members_is_not_for_visitors(world: World) -> None:
    bob, parent = world.person(), world.repository()
    with world.app.system_scope() as scope:
        grant = scope.access.administer_repository(scope.access.at(parent.path))
        scope.granting.take(grant, "anyone")
        scope.granting.give(grant, "members", Access.READ)

    assert is_private(world, forked(world, parent, bob))


def test_a_parent_that_became_private_meanwhile_makes_its_fork_private(world: World, work: Work) -> None:
    bob = world.person()
    parent = world.repository(readers=[bob])
    fork = forked(world, parent, bob)
    assert not is_private(world, fork)

    with world.app.system_scope() as scope:
        grant = scope.access.administer_repository(scope.access.at(parent.path))
        scope.repositories.describe(grant, description=None, is_private=True)
    work()

    assert is_private(world, fork)


def test_who_lost_read_before_the_copy_gets_nothing(world: World, work: Work) -> None:
    bob, parent = world.person(), world.repository()
    fork = forked(world, parent, bob)
    with world.app.system_scope() as scope:
        grant = scope.access.administer_repository(scope.access.at(parent.path))
        scope.repositories.describe(grant, description=None, is_private=True)

    work()

    page = world.browser(bob).get(f"/{fork}")
    assert "There is nothing to copy" in page
    assert not (world.folder / "repos" / location(world, fork)).exists()
    assert parent.path not in page


def test_the_parent_is_named_to_those_only_who_may_read_it(world: World, work: Work) -> None:
    bob = world.person()
    parent = world.repository(readers=[bob])
    world.filled(parent, {"README.md": b"# Read me\n"})
    fork = forked(world, parent, bob)
    work()
    readers = [world.browser(), world.browser(world.person())]
    for browser in readers:
        assert parent.path in browser.get(f"/{fork}")

    with world.app.system_scope() as scope:
        grant = scope.access.administer_repository(scope.access.at(parent.path))
        scope.repositories.describe(grant, description=None, is_private=True)

    for browser in readers:
        assert parent.path not in browser.get(f"/{fork}", status=200)
    assert "fork of <a" in world.browser(bob).get(f"/{fork}")


def test_private_forks_are_neither_listed_nor_counted_for_others(world: World, work: Work) -> None:
    bob, parent = world.person(), world.repository()
    world.filled(parent, {"README.md": b"# Read me\n"})
    fork = forked(world, parent, bob, private="True")
    work()

    for browser in (world.browser(), world.browser(world.person())):
        assert fork not in browser.get(f"{parent.url}/forks")
        assert "1 fork" not in browser.get(parent.url)
        assert "Forks</a>" in browser.get(parent.url)
    assert fork in world.browser(bob).get(f"{parent.url}/forks")


@both_kinds
def test_deleting_the_parent_leaves_the_fork(world: World, work: Work, kind: str) -> None:
    bob, parent = world.person(), world.repository(kind)
    world.filled(parent, {"README.md": b"# Read me\n"})
    fork = forked(world, parent, bob)
    work()

    world.browser(world.administrator).post(f"/_admin/repos/{parent.path}/delete", {"confirm": parent.path}, status=303)

    page = world.browser(bob).get(f"/{fork}", status=200)
    assert "README.md" in page
    assert "fork of" not in page


@both_kinds
def test_a_parent_that_is_deleted_before_the_copy_leaves_a_fork_that_can_be_deleted(
    world: World, work: Work, kind: str
) -> None:
    bob, parent = world.person(), world.repository(kind)
    fork = forked(world, parent, bob)
    world.browser(world.administrator).post(f"/_admin/repos/{parent.path}/delete", {"confirm": parent.path}, status=303)

    work()

    browser = world.browser(bob)
    assert "There is nothing to copy" in browser.get(f"/{fork}")
    browser.post(f"/_admin/repos/{fork}/delete", {"confirm": fork}, status=303)
    assert not world.exists(fork)


def test_a_fork_that_is_deleted_before_the_copy_is_not_made(world: World, work: Work) -> None:
    bob, parent = world.person(), world.repository()
    fork = forked(world, parent, bob)
    before = world.folders()
    world.browser(bob).post(f"/_admin/repos/{fork}/delete", {"confirm": fork}, status=303)

    work()

    assert world.folders() == before
    assert not world.exists(fork)


def test_nobody_has_many_copies_made_at_once(world: World, work: Work) -> None:
    bob, parent = world.person(), world.repository()
    for _ in range(MOST_UNFINISHED):
        forked(world, parent, bob)

    answer = world.browser(bob).post(f"{parent.url}/fork", {"repo_name": f"fork{world.number}"})

    assert answer.status_int == 409
    assert "still being copied" in answer
    work()
    forked(world, parent, bob)


def test_forks_come_in_pages(world: World, work: Work) -> None:
    parent = world.repository()
    names = [forked(world, parent, world.person(), f"paged{world.number}") for _ in range(7)]
    work()
    browser = world.browser()

    first, second = browser.get(f"{parent.url}/forks"), browser.get(f"{parent.url}/forks?page=2")

    assert [sum(f'href="/{name}"' in page for name in names) for page in (first, second)] == [5, 2]
    assert browser.get(f"{parent.url}/forks?page=3").status_int == 404
    assert browser.get(f"{parent.url}/forks?page=0").status_int == 400


@both_kinds
def test_following_and_its_lists(world: World, kind: str) -> None:
    bob, parent = world.person(), world.repository(kind)
    browser = world.browser(bob)

    for _ in range(2):
        browser.post(f"{parent.url}/follow", status=303)

    page = browser.get(f"{parent.url}/followers")
    assert bob.name in page.html.find("main").text
    assert "1 follower<" in world.browser().get(parent.url)
    assert parent.path in browser.get("/_admin/my_account/watched")
    assert 'id="followed"' in browser.get("/")

    form_to(page, f"{parent.url}/unfollow").submit()

    assert bob.name not in browser.get(f"{parent.url}/followers").html.find("main").text
    assert "1 follower" not in world.browser().get(parent.url)
    assert parent.path not in browser.get("/_admin/my_account/watched")
    assert 'id="followed"' not in browser.get("/")


def test_scripts_follow_by_the_number(world: World) -> None:
    bob, parent = world.person(), world.repository()
    browser = world.browser(bob)

    said = [browser.post("/_admin/toggle_following", {"follows_repository_id": str(parent.id)}) for _ in range(3)]

    assert {answer.text for answer in said} == {"ok"}
    assert bob.name in browser.get(f"{parent.url}/followers").html.find("main").text


def test_who_loses_read_follows_no_more(world: World) -> None:
    bob, parent = world.person(), world.repository()
    world.browser(bob).post(f"{parent.url}/follow", status=303)

    with world.app.system_scope() as scope:
        grant = scope.access.administer_repository(scope.access.at(parent.path))
        scope.repositories.describe(grant, description=None, is_private=True)

    browser = world.browser(bob)
    assert parent.path not in browser.get("/")
    assert parent.path not in browser.get("/_admin/my_account/watched")
    boss = world.browser(world.administrator)
    assert bob.name not in boss.get(f"{parent.url}/followers")
    assert "1 follower" not in boss.get(parent.url)


def test_a_disabled_account_is_no_follower(world: World) -> None:
    bob, parent = world.person(), world.repository()
    world.browser(bob).post(f"{parent.url}/follow", status=303)

    world.disable(bob)

    assert bob.name not in world.browser().get(f"{parent.url}/followers")


def test_visitors_are_asked_to_sign_in(world: World) -> None:
    parent = world.repository()

    assert world.browser().get(f"{parent.url}/fork").status_int == 401
    assert world.browser().post(f"{parent.url}/follow").status_int == 401
    assert "Sign in to follow" in world.browser().get(f"{parent.url}/followers")
