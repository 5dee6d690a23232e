"""Real hg clients against our server."""

from __future__ import annotations

from pathlib import Path

import pytest

from kallithea.lib.vcs.backend import Backend
from kallithea.lib.vcs.hg.store import HgStore
from kallithea.lib.vcs.objects import CommitId, RefKind, RefUpdate
from tests.contracts.hg_history import HgHistory, run_hg
from tests.lib.vcs.hg.loopback import Loopback, serving


def heads(folder: Path | str, cwd: Path) -> str:
    return run_hg("heads", "--closed", "--topo", "--template", "{node}\n", "--repository", str(folder), cwd=cwd)


def test_a_clone_is_identical(history: HgHistory, door: Loopback, tmp_path: Path) -> None:
    history.commit({"a.txt": b"one\n", "folder/b.txt": b"two\n"})
    history.commit({"a.txt": b"more\n"}, branch="side")
    history.publish()

    run_hg("clone", door.address, "copy", cwd=tmp_path)

    assert heads("copy", tmp_path) == heads(history.work, tmp_path)
    run_hg("verify", "--repository", "copy", cwd=tmp_path)


def test_a_streamed_clone_is_identical(history: HgHistory, door: Loopback, tmp_path: Path) -> None:
    history.commit({"a.txt": b"one\n"})
    history.publish()

    run_hg("clone", "--stream", door.address, "copy", cwd=tmp_path)

    assert heads("copy", tmp_path) == heads(history.work, tmp_path)
    run_hg("verify", "--repository", "copy", cwd=tmp_path)


def test_an_empty_repository_can_be_cloned(door: Loopback, tmp_path: Path) -> None:
    run_hg("clone", door.address, "copy", cwd=tmp_path)

    assert run_hg("log", "--repository", "copy", cwd=tmp_path) == ""


def test_a_push_arrives_and_is_reported(history: HgHistory, door: Loopback) -> None:
    commit = history.commit({"a.txt": b"one\n"})

    history.hg("push", door.address)

    assert door.backend.reader.resolve("tip").id.hex == commit
    assert door.pushes == [(RefUpdate(RefKind.BRANCH, "default", None, CommitId(commit)),)]
    assert door.backend.keeper.verify() == ()


def test_a_second_push_moves_the_head(history: HgHistory, door: Loopback) -> None:
    first = history.commit({"a.txt": b"one\n"})
    history.hg("push", door.address)
    second = history.commit({"a.txt": b"two\n"})

    history.hg("push", door.address)

    assert door.pushes[1:] == [(RefUpdate(RefKind.BRANCH, "default", CommitId(first), CommitId(second)),)]


def test_the_client_sees_what_the_server_added(history: HgHistory, door: Loopback) -> None:
    history.commit({"a.txt": b"one\n"})

    assert "remote: added 1 changesets with 1 changes to 1 files" in history.hg("push", door.address)


def test_merging_and_closing_are_reported_by_head(history: HgHistory, door: Loopback) -> None:
    base = history.commit({"a.txt": b"one\n"})
    side = history.commit({"b.txt": b"one\n"}, branch="side")
    history.hg("push", "--new-branch", door.address)
    history.hg("commit", "--close-branch", "--message", "done", "--user", "x")
    history.switch("default")
    merged = history.merge("side")

    history.hg("push", door.address)

    assert set(door.pushes[1]) == {
        RefUpdate(RefKind.BRANCH, "default", CommitId(base), CommitId(merged)),
        RefUpdate(RefKind.BRANCH, "side", CommitId(side), None),
    }


def test_bookmarks_are_pushed_moved_and_deleted(history: HgHistory, door: Loopback) -> None:
    first = history.commit({"a.txt": b"one\n"})
    history.bookmark("mark")
    history.hg("push", "--bookmark", "mark", door.address)
    history.hg("update", "--rev", "mark")
    second = history.commit({"a.txt": b"two\n"})
    history.hg("push", "--bookmark", "mark", door.address)
    history.hg("bookmark", "--delete", "mark")

    history.push("--bookmark", "mark", door.address)

    reported = [update for push in door.pushes for update in push if update.kind is RefKind.BOOKMARK]
    assert reported == [
        RefUpdate(RefKind.BOOKMARK, "mark", None, CommitId(first)),
        RefUpdate(RefKind.BOOKMARK, "mark", CommitId(first), CommitId(second)),
        RefUpdate(RefKind.BOOKMARK, "mark", CommitId(second), None),
    ]


def test_bookmarks_can_be_pushed_the_old_way(history: HgHistory, door: Loopback) -> None:
    commit = history.commit({"a.txt": b"one\n"})
    history.hg("push", door.address)
    history.bookmark("mark")

    history.push("--config", "devel.legacy.exchange=bundle1", "--bookmark", "mark", door.address)

    assert door.pushes[1:] == [(RefUpdate(RefKind.BOOKMARK, "mark", None, CommitId(commit)),)]


def test_old_clients_push_and_pull_with_the_first_bundle_format(history: HgHistory, door: Loopback, tmp_path: Path) -> None:
    commit = history.commit({"a.txt": b"one\n"})

    history.hg("push", "--config", "devel.legacy.exchange=bundle1", door.address)
    run_hg("clone", "--config", "devel.legacy.exchange=bundle1", door.address, "copy", cwd=tmp_path)

    assert heads("copy", tmp_path).strip() == commit
    assert door.pushes == [(RefUpdate(RefKind.BRANCH, "default", None, CommitId(commit)),)]


def test_a_publishing_server_makes_pushed_commits_public(history: HgHistory, door: Loopback) -> None:
    history.commit({"a.txt": b"one\n"})

    history.hg("push", door.address)

    assert history.hg("log", "--template", "{phase}") == "public"


def test_a_server_that_does_not_publish_keeps_drafts(history: HgHistory, store: HgStore) -> None:
    history.commit({"a.txt": b"one\n"})

    with serving(store.open(history.store, publishing=False)) as door:
        history.hg("push", door.address)

    assert history.hg("log", "--template", "{phase}") == "draft"


def test_a_push_of_phases_alone_is_not_reported(history: HgHistory, store: HgStore) -> None:
    history.commit({"a.txt": b"one\n"})
    with serving(store.open(history.store, publishing=False)) as door:
        history.hg("push", door.address)
        history.hg("phase", "--public", "tip")

        run_hg("push", door.address, cwd=history.work, expected=(1,))

        assert len(door.pushes) == 1
        assert door.backend.reader.resolve("tip").phase.value == "public"


def test_incoming_and_pull_find_what_is_new(history: HgHistory, door: Loopback, tmp_path: Path) -> None:
    history.commit({"a.txt": b"one\n"})
    history.hg("push", door.address)
    run_hg("clone", door.address, "copy", cwd=tmp_path)
    second = history.commit({"a.txt": b"two\n"})
    history.hg("push", door.address)

    announced = run_hg("incoming", "--template", "{node}", "--quiet", cwd=tmp_path / "copy")
    run_hg("pull", cwd=tmp_path / "copy")

    assert announced == second
    assert heads("copy", tmp_path).strip() == second


def test_who_may_only_read_cannot_push(history: HgHistory, backend: Backend) -> None:
    history.commit({"a.txt": b"one\n"})

    with serving(backend, writable=False) as door:
        run_hg("push", door.address, cwd=history.work, expected=(255,))

    assert backend.reader.refs().default is None
    assert door.pushes == []


def test_a_push_that_the_server_refuses_tells_the_user_why(history: HgHistory, door: Loopback, tmp_path: Path) -> None:
    history.commit({"a.txt": b"one\n"})
    history.hg("push", door.address)
    run_hg("clone", door.address, "copy", cwd=tmp_path)
    history.commit({"a.txt": b"two\n"})
    history.hg("push", door.address)
    (tmp_path / "copy" / "a.txt").write_bytes(b"three\n")
    run_hg("commit", "--message", "other", "--user", "x", cwd=tmp_path / "copy")

    with pytest.raises(AssertionError, match="push creates new remote head"):
        run_hg("push", cwd=tmp_path / "copy")


def test_thousands_of_commits_go_in_one_push(history: HgHistory, door: Loopback) -> None:
    script = history.work.parent / "many.py"
    script.write_text(
        "from mercurial import context\n"
        "def many(ui, repo):\n"
        "    parent = repo.nullid\n"
        "    with repo.lock(), repo.transaction(b'many'):\n"
        "        for n in range(3000):\n"
        "            def content(repo, ctx, path, n=n):\n"
        "                return context.memfilectx(repo, ctx, path, b'%d\\n' % n)\n"
        "            ctx = context.memctx(repo, (parent, None), b'm', [b'f%d' % (n % 50)], content, user=b'x', date=b'0 0')\n"
        "            parent = repo.commitctx(ctx)\n"
        "def uisetup(ui): pass\n"
        "from mercurial import registrar\n"
        "cmdtable = {}\n"
        "registrar.command(cmdtable)(b'many', [], b'')(lambda ui, repo: many(ui, repo))\n"
    )
    history.hg("--config", f"extensions.many={script}", "many")

    history.hg("push", door.address)

    assert door.backend.reader.resolve("tip").number == 2999
    assert door.backend.keeper.verify() == ()
