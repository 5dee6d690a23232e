"""Clones of the same state are answered from what was kept; whatever changes is seen at once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kallithea.lib.vcs.backend import Backend
from kallithea.lib.vcs.git import server
from kallithea.lib.vcs.git.transfer import Transfer
from tests.contracts.git_history import GitHistory
from tests.lib.vcs.git.loopback import serving
from tests.lib.vcs.git.test_server import run


@pytest.fixture(name="address")
def _address(backend: Backend) -> Iterator[str]:
    with serving(lambda: backend) as (address, _):
        yield address


@pytest.fixture(name="children")
def _children(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """What git was started for."""
    started: list[tuple[str, ...]] = []

    class Counted(Transfer):
        def __init__(self, git: object, folder: object, arguments: tuple[str, ...], **options: object) -> None:
            started.append(arguments)
            super().__init__(git, folder, arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(server, "Transfer", Counted)
    return started


def clone(client: GitHistory, address: str, folder: Path, *options: str, version: str = "2") -> str:
    """The commit that was cloned."""
    run(client, "-c", f"protocol.version={version}", "clone", "--quiet", *options, address, str(folder)).check_returncode()
    run(client, "fsck", "--full", cwd=folder).check_returncode()
    return run(client, "rev-parse", "HEAD", cwd=folder).stdout.strip()


@pytest.mark.parametrize("version", ["0", "2"])
@pytest.mark.parametrize("options", [(), ("--depth=1",), ("--single-branch",), ("--bare",)])
def test_the_third_clone_starts_no_git(
    client: GitHistory, address: str, children: list[tuple[str, ...]], tmp_path: Path, version: str, options: tuple[str, ...]
) -> None:
    client.commit({"a": b"1"})
    commit = client.commit({"b": bytes(range(256)) * 2_000})
    client.tag("v1")
    run(client, "push", "--quiet", address, "main", "v1").check_returncode()
    for number in range(2):
        clone(client, address, tmp_path / f"{number}", *options, version=version)
    children.clear()

    found = clone(client, address, tmp_path / "third", *options, version=version)

    assert (found, children) == (commit, [])
    first = run(client, "for-each-ref", cwd=tmp_path / "0").stdout
    assert run(client, "for-each-ref", cwd=tmp_path / "third").stdout == first


def tip(client: GitHistory, address: str) -> str:
    """The commit of main, as the server tells it to whoever asks for all refs."""
    listed = run(client, "ls-remote", address)
    listed.check_returncode()
    (found,) = (line.split("\t")[0] for line in listed.stdout.splitlines() if line.endswith("\trefs/heads/main"))
    return found


def test_what_was_pushed_just_now_is_cloned(client: GitHistory, address: str, tmp_path: Path) -> None:
    for number in range(6):
        commit = client.commit({"a": b"%d" % (number // 2)} if number % 2 else {"b": b"%d" % number})
        run(client, "push", "--quiet", address, "main").check_returncode()
        for attempt in range(3):
            assert clone(client, address, tmp_path / f"{number}.{attempt}") == commit


def test_a_branch_that_goes_back_is_seen_each_time(client: GitHistory, address: str, tmp_path: Path) -> None:
    one = client.commit({"a": b"1"})
    other = client.commit({"a": b"2"})
    for number in range(8):
        wanted = (one, other)[number % 2]
        run(client, "push", "--quiet", "--force", address, f"{wanted}:refs/heads/main").check_returncode()
        for attempt in range(2):
            assert clone(client, address, tmp_path / f"{number}.{attempt}") == wanted


def test_a_new_default_branch_is_seen(client: GitHistory, backend: Backend, address: str, tmp_path: Path) -> None:
    client.commit({"a": b"1"})
    run(client, "push", "--quiet", address, "main", "main:other").check_returncode()
    for number in range(3):
        clone(client, address, tmp_path / f"{number}")

    run(client, "symbolic-ref", "HEAD", "refs/heads/other", cwd=backend.path).check_returncode()
    clone(client, address, tmp_path / "after")

    assert run(client, "symbolic-ref", "HEAD", cwd=tmp_path / "after").stdout.strip() == "refs/heads/other"


def test_what_has_no_ref_is_never_kept(
    client: GitHistory, address: str, children: list[tuple[str, ...]], tmp_path: Path
) -> None:
    """It is gone after the next maintenance, as it should be for what somebody pushed by mistake."""
    secret = client.commit({"password": b"secret"})
    run(client, "push", "--quiet", address, "main").check_returncode()
    client.git("reset", "--quiet", "--hard", client.commit({"a": b"1"}))
    run(client, "push", "--quiet", "--force", address, "main").check_returncode()
    blob = client.git("rev-parse", f"{secret}:password").strip()
    run(client, "init", "--quiet", str(tmp_path / "there"))
    for _ in range(4):
        children.clear()
        run(client, "fetch", "--quiet", "--depth=1", address, blob, cwd=tmp_path / "there")
        assert ("upload-pack", "--stateless-rpc") in children


def test_an_answer_under_which_the_refs_moved_is_not_kept(
    client: GitHistory, backend: Backend, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """git is asked, somebody pushes, git answers with what is new: that is no answer for the state before."""
    one = client.commit({"a": b"1"})
    run(client, "push", "--quiet", address, "main").check_returncode()
    assert tip(client, address) == one
    other = client.commit({"a": b"2"})
    run(client, "push", "--quiet", address, f"{other}:refs/heads/side").check_returncode()
    run(client, "push", "--quiet", address, ":refs/heads/side").check_returncode()

    class Overtaken(Transfer):
        def __init__(self, git: object, folder: object, arguments: tuple[str, ...], **options: object) -> None:
            run(client, "update-ref", "refs/heads/main", other, cwd=backend.path).check_returncode()
            super().__init__(git, folder, arguments, **options)  # type: ignore[arg-type]

    for _ in range(2):
        with monkeypatch.context() as patched:
            patched.setattr(server, "Transfer", Overtaken)
            assert tip(client, address) == other
        run(client, "update-ref", "refs/heads/main", one, cwd=backend.path).check_returncode()

    assert tip(client, address) == one


def test_refs_that_move_there_and_back_meanwhile_leave_nothing(
    client: GitHistory, backend: Backend, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody may push, keep an answer from ending, and push back, so that others get what was there for a moment."""
    one = client.commit({"a": b"1"})
    other = client.commit({"a": b"2"})
    run(client, "push", "--quiet", address, f"{one}:refs/heads/main", f"{other}:refs/heads/side").check_returncode()
    assert tip(client, address) == one

    class Overtaken(Transfer):
        def __init__(self, git: object, folder: object, arguments: tuple[str, ...], **options: object) -> None:
            run(client, "update-ref", "refs/heads/main", other, cwd=backend.path).check_returncode()
            super().__init__(git, folder, arguments, **options)  # type: ignore[arg-type]

        def __next__(self) -> bytes:
            try:
                return super().__next__()
            except StopIteration:
                run(client, "update-ref", "refs/heads/main", one, cwd=backend.path).check_returncode()
                raise

    for _ in range(2):
        with monkeypatch.context() as patched:
            patched.setattr(server, "Transfer", Overtaken)
            assert tip(client, address) == other

    assert tip(client, address) == one


def test_a_git_that_fails_is_asked_again(client: GitHistory, backend: Backend, address: str, tmp_path: Path) -> None:
    commit = client.commit({"a": b"1" * 10_000})
    run(client, "push", "--quiet", address, "main").check_returncode()
    objects, aside = backend.path / "objects", tmp_path / "aside"
    found = {path: path.read_bytes() for path in objects.rglob("*") if path.is_file()}
    aside.mkdir()
    for path in found:
        path.rename(aside / f"{path.parent.name}{path.name}")
    for number in range(3):
        assert run(client, "clone", address, str(tmp_path / f"{number}")).returncode != 0
    for path, content in found.items():
        path.write_bytes(content)

    assert clone(client, address, tmp_path / "after") == commit
