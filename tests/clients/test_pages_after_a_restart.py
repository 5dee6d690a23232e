"""A page that was rendered once comes from the disk after a restart, unless anything it depends on has changed since."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clients.server import Hosted, Server, serving
from tests.worlds import both_kinds

RESTED = 0.15
"""Seconds after which a page of git is kept under a key that is asked for again."""
LONG_AGO = 1_000_000_000
FILES = 2
"""A page of a full id lies under two names: the other one is for after a push (ADR 0070)."""


@pytest.fixture(name="server", scope="module")
def _server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("instance")) as server:
        yield server


@pytest.fixture(autouse=True)
def _empty(server: Server) -> Iterator[None]:
    yield
    shutil.rmtree(kept_in(server), ignore_errors=True)


def kept_in(server: Server) -> Path:
    return server.app.settings.cache_dir / "pages"


def kept(server: Server) -> list[Path]:
    return sorted(path for path in kept_in(server).rglob("*") if path.is_file())


def used(server: Server) -> list[Path]:
    """What was read since `forget_use`."""
    return [path for path in kept(server) if path.stat().st_mtime > LONG_AGO]


def forget_use(server: Server) -> None:
    for path in kept(server):
        os.utime(path, (LONG_AGO, LONG_AGO))


def filled(server: Server, kind: str, text: str, *, path: str | None = None) -> tuple[Hosted, str]:
    """A public repository with a file, and the address of the page of its commit."""
    alice = server.user()
    repository = server.repository(kind=kind, path=path, writers=[alice], public=True)
    work = alice.clone(repository).commit("file.txt", f"{text}\n", f"Adds {text}")
    assert work.push().worked
    time.sleep(RESTED)
    return repository, f"/{repository.path}/changeset/{work.tip()}"


def shown(server: Server, target: str) -> str:
    answer = server.request("GET", target)
    assert answer.status == 200, answer.body
    return answer.body.decode()


@both_kinds
def test_it_is_read_and_not_rendered_again(server: Server, kind: str) -> None:
    _, target = filled(server, kind, "words")
    before = shown(server, target)
    files = kept(server)
    forget_use(server)
    server.kill()

    after = shown(server, target)

    assert after == before
    assert kept(server) == files
    assert len(files) == FILES
    assert len(used(server)) == 1


@both_kinds
def test_its_memory_comes_first(server: Server, kind: str) -> None:
    _, target = filled(server, kind, "words")
    shown(server, target)
    forget_use(server)

    shown(server, target)

    assert used(server) == []


@both_kinds
def test_what_turned_private_is_not_shown(server: Server, kind: str) -> None:
    repository, target = filled(server, kind, "words")
    shown(server, target)
    with server.app.system_scope() as scope:
        scope.granting.take(scope.access.administer_repository(scope.access.locate_path(repository.path)), "anyone")
    server.kill()

    assert server.request("GET", target).status == 404


@both_kinds
def test_what_was_made_again_under_the_same_path_is_not_mistaken(server: Server, kind: str) -> None:
    repository, target = filled(server, kind, "secrets")
    assert "secrets" in shown(server, f"/{repository.path}")
    with server.app.system_scope() as scope:
        scope.repositories.delete(scope.access.administer_repository(scope.access.locate_path(repository.path)))
    server.kill()
    again, _ = filled(server, kind, "other", path=repository.path)

    assert server.request("GET", target).status == 404
    assert "secrets" not in shown(server, f"/{again.path}")


@both_kinds
def test_a_rename_leaves_no_old_address(server: Server, kind: str) -> None:
    repository, target = filled(server, kind, "words")
    shown(server, target)
    server.rename(repository, f"{repository.path}-renamed")
    server.kill()

    page = shown(server, target.replace(repository.path, f"{repository.path}-renamed"))

    assert f'"/{repository.path}/' not in page
    assert f'"/{repository.path}-renamed/' in page


@pytest.mark.parametrize("harm", [b"", b"noise", bytes(10_000)], ids=["empty", "noise", "zeros"])
def test_broken_files_cost_nothing_but_time(server: Server, harm: bytes) -> None:
    _, target = filled(server, "hg", "words")
    before = shown(server, target)
    for path in kept(server):
        path.write_bytes(harm)
    server.kill()

    assert shown(server, target) == before
    server.kill()
    forget_use(server)
    assert shown(server, target) == before
    assert len(kept(server)) == FILES
    assert len(used(server)) == 1


def test_a_folder_that_cannot_be_used_costs_nothing_but_time(server: Server) -> None:
    _, target = filled(server, "hg", "words")
    shutil.rmtree(kept_in(server), ignore_errors=True)
    kept_in(server).write_text("no folder")
    try:
        assert "words" in shown(server, target)
    finally:
        kept_in(server).unlink()


def test_nobody_else_on_the_machine_can_read_it(server: Server) -> None:
    _, target = filled(server, "hg", "words")
    shown(server, target)

    assert {path.stat().st_mode & 0o777 for path in kept(server)} == {0o600}
    assert kept_in(server).stat().st_mode & 0o777 == 0o700
