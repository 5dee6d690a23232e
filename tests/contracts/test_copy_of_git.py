"""Copies of git repositories: what is not for readers stays behind, and what the parent drops is kept."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from kallithea.lib.vcs.backend import Backend, Store
from kallithea.lib.vcs.git import copying
from tests.contracts.copies import client_verifies, filled, git_in, names, shared
from tests.contracts.git_history import GitHistory
from tests.contracts.histories import History

pytestmark = pytest.mark.parametrize("repository_kind", ["git"], indirect=True)


@pytest.fixture(name="copy")
def _copy(store: Store, tmp_path: Path) -> Backend:
    return store.open(tmp_path / "copy")


@pytest.fixture(name="git")
def _git(history: History) -> GitHistory:
    assert isinstance(history, GitHistory)
    return history


def test_objects_that_a_force_push_dropped_do_not_come_along(backend: Backend, copy: Backend, git: GitHistory) -> None:
    kept = filled(git)[-1]
    git.git("checkout", "-q", "-b", "private")
    dropped = git.commit({"password.txt": b"swordfish\n"})
    blob = git.git("rev-parse", f"{dropped}:password.txt")
    git.publish()
    git_in(backend.path, "repack", "-a", "-d", "-q")
    git_in(backend.path, "update-ref", "-d", "refs/heads/private")
    assert git_in(backend.path, "cat-file", "-t", dropped) == "commit"

    backend.keeper.copy_to(copy.path, publishing=True)

    assert git_in(copy.path, "cat-file", "-t", kept) == "commit"
    held = git_in(copy.path, "cat-file", "--batch-all-objects", "--batch-check=%(objectname)").split()
    assert dropped not in held
    assert blob not in held
    client_verifies(copy.path)


def test_packs_without_dropped_objects_are_shared_all_the_same(backend: Backend, copy: Backend, git: GitHistory) -> None:
    filled(git)
    git_in(backend.path, "repack", "-a", "-d", "-q")
    clean = {path.name for path in (backend.path / "objects/pack").glob("*.pack")}
    git.git("checkout", "-q", "-b", "private")
    git.commit({"password.txt": b"swordfish\n"})
    git.publish()
    git_in(backend.path, "update-ref", "-d", "refs/heads/private")

    backend.keeper.copy_to(copy.path, publishing=True)

    assert {name.rpartition("/")[2] for name in shared(backend.path, copy.path)} >= clean
    assert "unreachable" not in git_in(copy.path, "fsck", "--unreachable", "--no-reflogs")
    client_verifies(copy.path)


def test_refs_that_readers_are_not_shown_do_not_come_along(backend: Backend, copy: Backend, git: GitHistory) -> None:
    filled(git)
    git.git("checkout", "-q", "-b", "hidden")
    secret = git.commit({"password.txt": b"swordfish\n"})
    git.publish()
    git_in(backend.path, "update-ref", "refs/internal/review", secret)
    git_in(backend.path, "update-ref", "-d", "refs/heads/hidden")
    git_in(backend.path, "config", "uploadpack.hideRefs", "refs/internal")

    backend.keeper.copy_to(copy.path, publishing=True)

    assert "internal" not in git_in(copy.path, "for-each-ref")
    assert secret not in git_in(copy.path, "cat-file", "--batch-all-objects", "--batch-check=%(objectname)")
    client_verifies(copy.path)


def test_a_head_that_readers_are_not_shown_is_not_named(backend: Backend, copy: Backend, git: GitHistory) -> None:
    filled(git)
    git_in(backend.path, "config", "transfer.hideRefs", "refs/heads/side")
    git_in(backend.path, "symbolic-ref", "HEAD", "refs/heads/side")

    backend.keeper.copy_to(copy.path, publishing=True)

    assert git_in(copy.path, "symbolic-ref", "HEAD") == "refs/heads/main"
    assert "side" not in git_in(copy.path, "for-each-ref")


def test_a_force_push_and_gc_of_the_parent_take_nothing_from_the_copy(backend: Backend, copy: Backend, git: GitHistory) -> None:
    ids = filled(git)
    backend.keeper.copy_to(copy.path, publishing=True)

    git.git("checkout", "-q", "main")
    git.git("reset", "-q", "--hard", ids[0])
    git.publish()
    git_in(backend.path, "update-ref", "-d", "refs/heads/side")
    git_in(backend.path, "update-ref", "-d", "refs/tags/v1")
    git_in(backend.path, "gc", "-q", "--prune=now", "--aggressive")

    assert ids[5] not in git_in(backend.path, "cat-file", "--batch-all-objects", "--batch-check=%(objectname)")
    assert copy.reader.resolve(ids[5]).id.hex == ids[5]
    client_verifies(copy.path)
    client_verifies(backend.path)


def test_where_there_are_no_links_files_are_copied(
    backend: Backend, copy: Backend, git: GitHistory, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(git)

    def refuse(_self: Path, _target: Path) -> None:
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    backend.keeper.copy_to(copy.path, publishing=True)

    assert not shared(backend.path, copy.path)
    client_verifies(copy.path)


def test_maintenance_that_takes_files_away_meanwhile_is_waited_out(
    backend: Backend, copy: Backend, git: GitHistory, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(git)
    link, packed = copying.link_or_copy, []

    def after_a_repack(source: Path, target: Path) -> None:
        if not packed:
            packed.append(True)
            git_in(backend.path, "repack", "-a", "-d", "-q")
        link(source, target)

    monkeypatch.setattr(copying, "link_or_copy", after_a_repack)
    backend.keeper.copy_to(copy.path, publishing=True)

    assert packed
    assert names(copy) == names(backend)
    client_verifies(copy.path)


def test_repositories_with_longer_ids_are_copied_too(store: Store, tmp_path: Path, git: GitHistory) -> None:
    long = tmp_path / "long"
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", "--object-format=sha256", str(long)], check=True)
    environment = {**git.environment(), "GIT_DIR": str(long)}
    for key in ("AUTHOR", "COMMITTER"):
        environment |= {f"GIT_{key}_NAME": "Ann", f"GIT_{key}_EMAIL": "ann@example.com"}

    def run(*arguments: str, stdin: bytes = b"") -> str:
        return (
            subprocess.run(["git", *arguments], env=environment, input=stdin, capture_output=True, check=True)
            .stdout.decode()
            .strip()
        )

    tree = run("mktree", stdin=b"")
    commit = run("commit-tree", tree, "-m", "First")
    run("update-ref", "refs/heads/main", commit)
    run("commit-tree", tree, "-m", "Dropped")

    store.open(long).keeper.copy_to(tmp_path / "copy", publishing=True)

    assert git_in(tmp_path / "copy", "rev-parse", "main") == commit
    assert len(git_in(tmp_path / "copy", "cat-file", "--batch-all-objects", "--batch-check").splitlines()) == 2
