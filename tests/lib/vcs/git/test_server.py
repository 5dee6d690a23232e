"""Real git clients against the git server."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest

from kallithea.lib.errors import Forbidden
from kallithea.lib.vcs.backend import Backend
from kallithea.lib.vcs.errors import RepositoryBusy, RepositoryMissing
from kallithea.lib.vcs.git.store import GitStore
from kallithea.lib.vcs.locks import writer_lock
from kallithea.lib.vcs.objects import RefKind
from kallithea.lib.vcs.requests import GitRequest
from tests.contracts.git_history import GitHistory
from tests.lib.vcs.git.loopback import Pushes, serving

PUSH = GitRequest("git-receive-pack", advertise=False)


@pytest.fixture
def served(backend: Backend) -> Iterator[tuple[str, Pushes]]:
    with serving(lambda: backend) as found:
        yield found


def run(client: GitHistory, *arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    environment = {**client.environment(), "GIT_TERMINAL_PROMPT": "0"}
    return subprocess.run(
        ["git", *arguments], cwd=cwd or client.work, env=environment, capture_output=True, text=True, check=False
    )


def refs_of(backend: Backend) -> str:
    return subprocess.run(
        ["git", "for-each-ref", "--format=%(refname) %(objectname)"],
        cwd=backend.path,
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def test_push_arrives(client: GitHistory, backend: Backend, served: tuple[str, Pushes]) -> None:
    commit = client.commit({"a": b"1"})

    run(client, "push", served[0], "main").check_returncode()

    assert refs_of(backend) == f"refs/heads/main {commit}\n"


def test_push_is_told_with_what_it_changed(client: GitHistory, served: tuple[str, Pushes]) -> None:
    first = client.commit({"a": b"1"})
    run(client, "push", served[0], "main", "main:gone").check_returncode()
    second = client.commit({"a": b"2"})
    client.tag("v1")

    run(client, "push", served[0], "main", "v1", ":gone", "main:refs/notes/x").check_returncode()

    told = [(update.kind, update.name, update.old and update.old.hex, update.new and update.new.hex) for update in served[1][1]]
    assert told == [
        (RefKind.BRANCH, "gone", first, None),
        (RefKind.BRANCH, "main", first, second),
        (RefKind.OTHER, "refs/notes/x", None, second),
        (RefKind.TAG, "v1", None, second),
    ]


def test_push_of_nothing_new_is_not_told(client: GitHistory, served: tuple[str, Pushes]) -> None:
    client.commit({"a": b"1"})
    run(client, "push", served[0], "main").check_returncode()

    run(client, "push", served[0], "main").check_returncode()

    assert len(served[1]) == 1


@pytest.mark.parametrize("version", ["0", "1", "2"])
def test_clone_is_identical(client: GitHistory, served: tuple[str, Pushes], tmp_path: Path, version: str) -> None:
    client.commit({"a": b"1"})
    commit = client.commit({"b": bytes(range(256)) * 2_000})
    run(client, "push", served[0], "main").check_returncode()

    run(client, "-c", f"protocol.version={version}", "clone", served[0], str(tmp_path / "clone")).check_returncode()

    assert run(client, "rev-parse", "HEAD", cwd=tmp_path / "clone").stdout.strip() == commit


def test_empty_repository_can_be_cloned(client: GitHistory, served: tuple[str, Pushes], tmp_path: Path) -> None:
    assert run(client, "clone", served[0], str(tmp_path / "clone")).returncode == 0


def test_shallow_clone_has_one_commit(client: GitHistory, served: tuple[str, Pushes], tmp_path: Path) -> None:
    client.commit({"a": b"1"})
    client.commit({"a": b"2"})
    run(client, "push", served[0], "main").check_returncode()

    run(client, "clone", "--depth=1", served[0], str(tmp_path / "clone")).check_returncode()

    assert run(client, "rev-list", "--count", "HEAD", cwd=tmp_path / "clone").stdout.strip() == "1"


@pytest.mark.parametrize("version", ["0", "2"])
def test_partial_clone_fetches_files_when_they_are_needed(
    client: GitHistory, served: tuple[str, Pushes], tmp_path: Path, version: str
) -> None:
    client.commit({"a": b"old\n"})
    client.commit({"a": b"new\n"})
    run(client, "push", served[0], "main").check_returncode()
    clone = tmp_path / "clone"
    run(
        client, "-c", f"protocol.version={version}", "clone", "--filter=blob:none", "--no-checkout", served[0], str(clone)
    ).check_returncode()

    shown = run(client, "-c", f"protocol.version={version}", "show", "HEAD~1:a", cwd=clone)

    assert shown.stdout == "old\n"


def test_head_follows_the_first_branch_that_is_pushed(client: GitHistory, backend: Backend, served: tuple[str, Pushes]) -> None:
    client.commit({"a": b"1"})

    run(client, "push", served[0], "main:trunk").check_returncode()

    assert backend.reader.refs().default_name == "trunk"


def test_head_stays_at_main_if_that_is_pushed_too(client: GitHistory, backend: Backend, served: tuple[str, Pushes]) -> None:
    client.commit({"a": b"1"})

    run(client, "push", served[0], "main:aaa", "main").check_returncode()

    assert backend.reader.refs().default_name == "main"


def test_large_push_and_clone_pass(client: GitHistory, served: tuple[str, Pushes], tmp_path: Path) -> None:
    noise = subprocess.run(["head", "-c", "12000000", "/dev/urandom"], capture_output=True, check=True).stdout
    client.commit({"noise": noise})
    run(client, "push", served[0], "main").check_returncode()

    run(client, "clone", served[0], str(tmp_path / "clone")).check_returncode()

    assert (tmp_path / "clone/noise").read_bytes() == noise


@pytest.mark.parametrize("ref", ["refs/heads/" + "a" * 40, "refs/tags/" + "0" * 64, "refs/heads/" + "AB" * 20])
def test_ref_that_looks_like_an_id_is_refused(
    client: GitHistory, backend: Backend, served: tuple[str, Pushes], ref: str
) -> None:
    client.commit({"a": b"1"})

    pushed = run(client, "push", served[0], "main", f"main:{ref}")

    assert (pushed.returncode, "looks like a commit id" in pushed.stderr, refs_of(backend)) == (1, True, "")


def test_forced_push_replaces_history(client: GitHistory, backend: Backend, served: tuple[str, Pushes]) -> None:
    client.commit({"a": b"1"})
    run(client, "push", served[0], "main").check_returncode()
    client.git("checkout", "-q", "--orphan", "other")
    commit = client.commit({"a": b"2"})

    run(client, "push", "--force", served[0], "other:main").check_returncode()

    assert refs_of(backend) == f"refs/heads/main {commit}\n"


def test_default_branch_cannot_be_deleted(client: GitHistory, backend: Backend, served: tuple[str, Pushes]) -> None:
    commit = client.commit({"a": b"1"})
    run(client, "push", served[0], "main").check_returncode()

    run(client, "push", served[0], ":main")

    assert refs_of(backend) == f"refs/heads/main {commit}\n"


def test_hooks_in_the_repository_do_not_run(
    client: GitHistory, backend: Backend, served: tuple[str, Pushes], tmp_path: Path
) -> None:
    hook = backend.path / "hooks/pre-receive"
    hook.parent.mkdir()
    hook.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    hook.chmod(0o755)
    client.commit({"a": b"1"})

    run(client, "push", served[0], "main").check_returncode()

    assert not (tmp_path / "ran").exists()


def test_broken_object_is_refused(client: GitHistory, backend: Backend, served: tuple[str, Pushes]) -> None:
    tree = client.git("mktree", "--missing", stdin=b"")
    blob = client.git("hash-object", "-w", "--stdin", stdin=b"x")
    bad = client.git("hash-object", "-t", "tree", "-w", "--literally", "--stdin", stdin=b"100644 .git\0" + bytes.fromhex(blob))
    assert tree
    commit = client.git("commit-tree", "-m", "bad", bad)

    run(client, "push", served[0], f"{commit}:refs/heads/main")

    assert refs_of(backend) == ""


def test_old_time_zones_are_taken(client: GitHistory, backend: Backend, served: tuple[str, Pushes]) -> None:
    tree = client.git("mktree", stdin=b"")
    raw = f"tree {tree}\nauthor A <a@b> 1 +051800\ncommitter A <a@b> 1 +051800\n\nold\n".encode()
    commit = client.git("hash-object", "-t", "commit", "-w", "--literally", "--stdin", stdin=raw)

    run(client, "push", served[0], f"{commit}:refs/heads/main").check_returncode()

    assert backend.reader.resolve("main").message == "old\n"


def test_reader_cannot_push_whatever_is_asked(client: GitHistory, backend: Backend) -> None:
    with pytest.raises(Forbidden):
        backend.server.serve(PUSH, BytesIO(b""), writable=False, on_push=lambda updates: None)


def test_missing_repository_shows_before_any_byte(store: GitStore, tmp_path: Path) -> None:
    backend = store.open(tmp_path / "nowhere.git")

    with pytest.raises(RepositoryMissing):
        backend.server.serve(
            GitRequest("git-upload-pack", advertise=True), BytesIO(b""), writable=True, on_push=lambda updates: None
        )


def test_push_waits_for_the_writer_lock_only_so_long(backend: Backend, tmp_path: Path) -> None:
    command = b"0" * 40 + b" " + b"1" * 40 + b" refs/heads/x\0report-status"
    body = BytesIO(b"%04x%s0000" % (len(command) + 4, command))
    server = GitStore(tmp_path / "cache", patience=0.05).open(backend.path).server

    with writer_lock(backend.path), pytest.raises(RepositoryBusy):
        server.serve(PUSH, body, writable=True, on_push=lambda updates: None)


def test_left_locks_do_not_stop_the_next_push(client: GitHistory, backend: Backend, served: tuple[str, Pushes]) -> None:
    client.commit({"a": b"1"})
    run(client, "push", served[0], "main").check_returncode()
    for name in ("refs/heads/main.lock", "packed-refs.lock", "HEAD.lock"):
        (backend.path / name).touch()
    (backend.path / "objects/tmp_objdir-incoming-abc").mkdir()
    commit = client.commit({"a": b"2"})

    run(client, "push", served[0], "main").check_returncode()

    assert (refs_of(backend), (backend.path / "objects/tmp_objdir-incoming-abc").exists()) == (
        f"refs/heads/main {commit}\n",
        False,
    )


def test_clone_that_is_left_ends_its_git(client: GitHistory, backend: Backend, served: tuple[str, Pushes]) -> None:
    noise = subprocess.run(["head", "-c", "8000000", "/dev/urandom"], capture_output=True, check=True).stdout
    commit = client.commit({"noise": noise})
    run(client, "push", served[0], "main").check_returncode()
    wanted = b"want %s side-band-64k ofs-delta\n" % commit.encode()
    body = BytesIO(b"%04x%s00000009done\n" % (len(wanted) + 4, wanted))
    reply = backend.server.serve(
        GitRequest("git-upload-pack", advertise=False), body, writable=False, on_push=lambda updates: None
    )
    next(reply.chunks)

    reply.chunks.close()  # type: ignore[attr-defined]  # part of the agreement of WireReply

    assert list(reply.chunks) == []
