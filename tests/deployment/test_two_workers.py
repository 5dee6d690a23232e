"""What one process remembers is right when another one changes it: nothing stale is shown, and no right outlives its end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from kallithea.lib.vcs import Phase
from tests.clients.server import PASSWORD, Hosted, Person
from tests.clients.working_copies import Work, run
from tests.deployment.servers import instance
from tests.deployment.several import Browser, Pair, owner_of, pair_of, server_at, workers
from tests.redis_server import running_redis

ADVERTISEMENT = {"git": "/info/refs?service=git-upload-pack", "hg": "?cmd=capabilities"}
BRANCH = {"git": "main", "hg": "default"}


SHARED = "with a shared cache"
with_any_cache = pytest.mark.parametrize("pair", ["each for itself", SHARED], indirect=True, scope="module")
"""The same test where each process remembers its own pages, and where both share what they remember."""


@pytest.fixture(name="pair", scope="module")
def _pair(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    folder = tmp_path_factory.mktemp("workers")
    with ExitStack() as stack:
        settings = {}
        if getattr(request, "param", "") == SHARED:
            settings["cache_url"] = stack.enter_context(running_redis(folder / "redis")).url
        made = stack.enter_context(instance(folder))
        first, second = stack.enter_context(workers(made, ["first", "second"], settings=settings))
        yield pair_of(server_at(made, first), second.authority)


@pytest.fixture(name="kind", params=["git", "hg"])
def _kind(request: pytest.FixtureRequest) -> str:
    kind: str = request.param
    return kind


@pytest.fixture(name="alice", scope="module")
def _alice(pair: Pair) -> Person:
    return pair.here.user()


@pytest.fixture(name="visitor", scope="module")
def _visitor(pair: Pair) -> Browser:
    return pair.browser()


def filled(pair: Pair, kind: str, alice: Person, *, public: bool = True) -> tuple[Hosted, Work]:
    """A repository with a commit, pushed to the first server."""
    repository = pair.here.repository(kind=kind, writers=[alice], public=public)
    work = alice.clone(repository).commit("README.md", "# first words\n", "The first change")
    assert work.push().worked
    return repository, work


@with_any_cache
def test_a_push_shows_on_the_other(pair: Pair, alice: Person, visitor: Browser, kind: str) -> None:
    repository, work = filled(pair, kind, alice)
    pages = [f"/{repository.path}{page}" for page in ("", "/changelog", f"/files/{BRANCH[kind]}/", "/branches")]
    before = [visitor.knows_by_heart(page) for page in pages]
    assert "first words" in before[0]

    assert work.commit("README.md", "# other words\n", "The second change").push().worked
    after = [visitor.sees_there(page).body.decode() for page in pages]

    assert "other words" in after[0]
    assert "first words" not in after[0]
    assert "The second change" in after[1]
    assert work.tip()[:8] in after[2] + after[3]


def test_a_push_is_told_to_clients_of_the_other(pair: Pair, alice: Person, kind: str) -> None:
    repository, work = filled(pair, kind, alice)
    copy = pair.there.nobody.clone(repository)

    assert work.commit("second.txt").push().worked

    assert copy.pull().worked
    assert work.tip() in copy.heads()


def test_tags_branches_and_bookmarks_come_and_go_on_the_other(pair: Pair, alice: Person, visitor: Browser, kind: str) -> None:
    repository, work = filled(pair, kind, alice)
    if kind == "git":
        places = ["/branches", "/tags"]
        come = [("push", "origin", "HEAD:refs/heads/passing", "HEAD:refs/tags/passing")]
        go = [("push", "origin", ":refs/heads/passing", ":refs/tags/passing")]
    else:
        places = ["/bookmarks"]
        come = [("bookmark", "passing"), ("push", "--bookmark", "passing")]
        go = [("bookmark", "--delete", "passing"), ("push", "--bookmark", "passing")]
    targets = [f"/{repository.path}{place}" for place in places]
    for target in targets:
        visitor.knows_by_heart(target)

    for command in come:
        work.tries(*command)  # hg ends with 1 where only a bookmark is new
    come_there = ["passing" in visitor.sees_there(target).body.decode() for target in targets]
    for target in targets:
        visitor.knows_by_heart(target)
    for command in go:
        work.tries(*command)
    gone_there = ["passing" not in visitor.sees_there(target).body.decode() for target in targets]

    assert all(come_there)
    assert all(gone_there)


def test_rewritten_history_is_gone_on_the_other(pair: Pair, alice: Person, visitor: Browser) -> None:
    repository, work = filled(pair, "git", alice)
    assert work.commit("secret.txt", "a mistake\n", "A mistake").push().worked
    assert "A mistake" in visitor.knows_by_heart(f"/{repository.path}/changelog")

    work.runs("reset", "--hard", "HEAD~1")
    assert work.commit("better.txt").push("--force", "origin", "HEAD").worked

    assert "A mistake" not in visitor.sees_there(f"/{repository.path}/changelog").body.decode()


@with_any_cache
def test_a_phase_moves_on_the_other(pair: Pair, alice: Person, visitor: Browser) -> None:
    repository, work = filled(pair, "hg", alice)
    with pair.here.app.system_scope() as scope:
        grant = scope.access.administer_repository(scope.access.locate_path(repository.path))
        scope.repositories.get(grant).publishing = False
    assert work.commit("draft.txt").push().worked
    target = f"/{repository.path}/changeset/{work.tip()}"
    assert "draft</" in visitor.knows_by_heart(target)

    work.runs("phase", "--public", ".")
    work.push()

    assert pair.here.backend(repository).reader.resolve(work.tip()).phase is Phase.PUBLIC
    assert "draft</" not in visitor.sees_there(target).body.decode()


def test_packs_that_are_packed_anew_are_read_on_the_other(pair: Pair, alice: Person, visitor: Browser) -> None:
    repository, work = filled(pair, "git", alice)
    first = work.tip()
    assert work.commit("second.txt").push().worked
    visitor.knows_by_heart(f"/{repository.path}/changeset/{work.tip()}")
    folder = pair.here.backend(repository).path

    for command in (("repack", "-a", "-d", "-f"), ("pack-refs", "--all"), ("prune-packed",)):
        assert run("git", "-C", str(folder), *command, cwd=pair.here.folder).worked
    seen = [visitor.sees_there(f"/{repository.path}/{page}") for page in (f"changeset/{first}", "changelog", "files/main/")]

    assert [answer.status for answer in seen] == [200, 200, 200]


@with_any_cache
def test_a_renamed_repository_has_one_name_on_the_other(pair: Pair, alice: Person, kind: str) -> None:
    repository, _ = filled(pair, kind, alice)
    owner = pair.browser(owner_of(pair, repository))
    owner.knows_by_heart(f"/{repository.path}")

    owner.does(f"/_admin/repos/{repository.path}", repo_name=f"new-{repository.path}")

    assert owner.sees_there(f"/new-{repository.path}").status == 200
    # The old one leads there, for pages and for clients.
    assert owner.sees_there(f"/{repository.path}").status == 302
    assert pair.on_the_other(alice).tries_to_clone(repository).worked


def test_a_deleted_repository_is_gone_on_the_other(pair: Pair, alice: Person, kind: str) -> None:
    repository, work = filled(pair, kind, alice)
    owner = pair.browser(owner_of(pair, repository))
    owner.knows_by_heart(f"/{repository.path}")

    owner.does(f"/_admin/repos/{repository.path}/delete", confirm=repository.path)

    assert owner.sees_there(f"/{repository.path}").status == 404
    assert owner.sees_there(f"/{repository.path}/changeset/{work.tip()}").status == 404
    assert not pair.on_the_other(alice).tries_to_clone(repository).worked


@with_any_cache
def test_what_is_not_public_any_more_is_hidden_on_the_other(pair: Pair, alice: Person, visitor: Browser, kind: str) -> None:
    repository, _ = filled(pair, kind, alice)
    visitor.knows_by_heart(f"/{repository.path}")

    pair.browser(owner_of(pair, repository)).does(f"/{repository.path}/settings/permissions/delete", principal="anyone")

    assert visitor.sees_there(f"/{repository.path}").status == 404
    assert not pair.there.nobody.tries_to_clone(repository).worked


def test_who_may_not_write_any_more_is_refused_on_the_other(pair: Pair, alice: Person, kind: str) -> None:
    repository, _ = filled(pair, kind, alice)
    work = pair.on_the_other(alice).clone(repository)
    assert work.commit("allowed.txt").push().worked

    owner = pair.browser(owner_of(pair, repository))
    owner.does(f"/{repository.path}/settings/permissions", principal=f"user:{alice.name}", access="read")

    assert work.commit("refused.txt").push().refused_with("403")


def test_a_changed_password_counts_on_the_other(pair: Pair, alice: Person, kind: str) -> None:
    changing = pair.here.user()
    repository = pair.here.repository(kind=kind, writers=[changing])
    target = f"/{repository.path}{ADVERTISEMENT[kind]}"
    assert pair.there.request("GET", target, headers=changing.basic).status == 200

    new = {"new_password": "another horse", "new_password_confirmation": "another horse"}
    pair.browser(changing).does("/_admin/my_account/password", current_password=PASSWORD, **new)

    assert pair.there.request("GET", target, headers=changing.basic).status == 401
    renewed = Person(pair.there, changing.name, "another horse")
    assert pair.there.request("GET", target, headers=renewed.basic).status == 200


def test_a_disabled_account_opens_nothing_on_the_other(pair: Pair, kind: str) -> None:
    leaving = pair.here.user()
    repository = pair.here.repository(kind=kind, readers=[leaving])
    browser = pair.browser(leaving)
    browser.knows_by_heart(f"/{repository.path}")
    target = f"/{repository.path}{ADVERTISEMENT[kind]}"
    assert pair.there.request("GET", target, headers=leaving.basic).status == 200

    with pair.here.app.system_scope() as scope:
        scope.accounts.by_name(leaving.name).is_active = False

    assert browser.sees_there(f"/{repository.path}").status == 404
    assert pair.there.request("GET", target, headers=leaving.basic).status == 401


def test_a_session_that_ends_on_one_ends_on_the_other(pair: Pair) -> None:
    browser = pair.browser(pair.here.user())
    assert browser.sees_there("/_admin/my_account").status == 200

    browser.does("/_admin/logout")

    assert browser.sees_there("/_admin/my_account").status == 401


def test_guesses_at_one_count_on_the_other(pair: Pair) -> None:
    guessed = Person(pair.here, pair.here.user().name, "wrong")
    repository = pair.here.repository(kind="git")
    target = f"/{repository.path}{ADVERTISEMENT['git']}"
    for _ in range(12):
        pair.here.request("GET", target, headers=guessed.basic)

    assert pair.there.request("GET", target, headers=guessed.basic).status == 429


def test_public_access_ends_on_both(pair: Pair, alice: Person, visitor: Browser, kind: str) -> None:
    repository, _ = filled(pair, kind, alice)
    visitor.knows_by_heart(f"/{repository.path}")

    with pair.here.app.system_scope() as scope:
        scope.site_settings.set_public_access(False)
    hidden = [visitor.sees(f"/{repository.path}").status, visitor.sees_there(f"/{repository.path}").status]
    with pair.here.app.system_scope() as scope:
        scope.site_settings.set_public_access(True)

    assert hidden == [404, 404]
    assert visitor.sees_there(f"/{repository.path}").status == 200
