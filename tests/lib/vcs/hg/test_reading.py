"""What only hg has: phases, closed branches, bookmarks, numbers, subrepositories, and its odd old commits."""

from __future__ import annotations

from datetime import timedelta

import pytest

from kallithea.lib.vcs.backend import Backend
from kallithea.lib.vcs.errors import CommitNotFound, UnsafeConfiguration
from kallithea.lib.vcs.hg.commits import moment, signature
from kallithea.lib.vcs.hg.store import HgStore
from kallithea.lib.vcs.objects import CommitId, EntryKind, RefKind
from kallithea.lib.vcs.paths import ROOT, FilePath, last_part
from tests.contracts.hg_history import HgHistory, run_hg


@pytest.mark.parametrize(
    ("text", "name", "email"),
    [
        ("Ann Author <ann@example.com>", "Ann Author", "ann@example.com"),
        ("ann@example.com", "ann", "ann@example.com"),
        ("<ann@example.com>", "ann", "ann@example.com"),
        ("ann", "ann", ""),
        ('"Author, Ann" <ann@example.com> (work)', "Author, Ann", "ann@example.com"),
        ("Ann <ann@example.com", "Ann", "ann@example.com"),
        ("", "", ""),
    ],
)
def test_authors_are_understood_in_every_spelling(text: str, name: str, email: str) -> None:
    found = signature(text, (0.0, 0))

    assert (found.name, found.email) == (name, email)


def test_time_keeps_the_zone_of_the_author() -> None:
    assert moment(0.0, -3600).utcoffset() == timedelta(hours=1)


@pytest.mark.parametrize("seconds", [1e18, -1e18])
def test_times_beyond_the_calendar_become_its_edge(seconds: float) -> None:
    assert moment(seconds, 0).year in (1, 9999)


def test_secret_commits_are_not_there(history: HgHistory, backend: Backend) -> None:
    history.commit({"a": b"1"})
    history.publish()
    run_hg("phase", "--force", "--secret", "tip", cwd=history.store)

    assert backend.reader.refs().branches == ()
    with pytest.raises(CommitNotFound):
        backend.reader.resolve("0")


def test_closed_branch_is_marked(history: HgHistory, backend: Backend) -> None:
    history.commit({"a": b"1"})
    history.commit({"a": b"2"}, branch="side")
    history.hg("commit", "--close-branch", "--message", "done", "--user", "x")
    history.publish()

    assert [(ref.name, ref.is_closed) for ref in backend.reader.refs().branches] == [("default", False), ("side", True)]
    assert backend.reader.resolve("side").closes_branch


def test_bookmark_at_sign_is_the_default(history: HgHistory, backend: Backend) -> None:
    first = history.commit({"a": b"1"})
    history.commit({"a": b"2"})
    history.bookmark("@", "0")
    history.publish()

    default = backend.reader.refs().default

    assert default is not None
    assert (default.kind, default.target) == (RefKind.BOOKMARK, CommitId(first))


@pytest.mark.parametrize(
    "name", ["-1", "null", ".", "all()", "branch(default)", "0:tip", "ffffffffffff", "0" * 40, "f" * 40, "99"]
)
def test_hg_expressions_and_virtual_commits_are_not_names(history: HgHistory, backend: Backend, name: str) -> None:
    history.commit({"a": b"1"})
    history.publish()

    with pytest.raises(CommitNotFound):
        backend.reader.resolve(name)


def test_fingerprint_moves_with_bookmarks_and_phases(history: HgHistory, backend: Backend) -> None:
    history.commit({"a": b"1"})
    history.publish()
    seen = {backend.reader.fingerprint()}
    run_hg("bookmark", "--rev", "0", "mark", cwd=history.store)
    seen.add(backend.reader.fingerprint())
    run_hg("bookmark", "--rev", "0", "other", cwd=history.store)
    seen.add(backend.reader.fingerprint())
    run_hg("phase", "--force", "--draft", "0", cwd=history.store)
    seen.add(backend.reader.fingerprint())

    assert len(seen) == 4


def test_fingerprint_says_whether_the_repository_publishes(history: HgHistory, store: HgStore) -> None:
    assert store.open(history.store).reader.fingerprint() != store.open(history.store, publishing=False).reader.fingerprint()


def test_stripped_commits_are_gone_at_once(history: HgHistory, backend: Backend) -> None:
    first = history.commit({"a": b"1"})
    second = history.commit({"a": b"2"})
    history.publish()
    assert backend.reader.resolve("tip").id.hex == second

    run_hg("--config", "extensions.strip=", "strip", "--rev", "1", "--no-backup", cwd=history.store)

    assert backend.reader.resolve("tip").id.hex == first


def test_subrepository_is_an_entry_that_points_away(history: HgHistory, backend: Backend) -> None:
    inner = history.work / "libs" / "inner"
    inner.mkdir(parents=True)
    run_hg("init", str(inner), cwd=history.work)
    (inner / "x").write_bytes(b"x")
    run_hg("commit", "--addremove", "--message", "x", "--user", "x", cwd=inner)
    (history.work / ".hgsub").write_bytes(b"libs/inner = https://example.com/inner\n")
    commit = history.commit()
    run_hg("push", "--config", "subrepos.allowed=no", str(history.store), cwd=history.work, expected=(0, 1, 255))
    run_hg("pull", "--repository", str(history.store), str(history.work), cwd=history.work)

    [entry] = backend.reader.tree(CommitId(commit), FilePath(b"libs"))

    assert (entry.path.raw, entry.kind, entry.target) == (b"libs/inner", EntryKind.SUBMODULE, "https://example.com/inner")
    for folder in (ROOT, FilePath(b"libs")):
        entries = backend.reader.tree(CommitId(commit), folder)
        changes = backend.reader.last_changes(CommitId(commit), folder, entries, seconds=60).commits
        assert {name for name, last in changes.items() if last.hex == commit} >= {last_part(entry.path) for entry in entries}


def test_settings_of_the_repository_say_whether_it_publishes(history: HgHistory, backend: Backend) -> None:
    (history.store / ".hg" / "hgrc").write_bytes(b"%include /nowhere\n[phases]\npublish = no\n")

    assert not backend.keeper.publishing()


def test_a_share_is_refused(history: HgHistory, store: HgStore) -> None:
    folder = history.work.parent / "shared"
    run_hg("--config", "extensions.share=", "share", "--noupdate", str(history.store), str(folder), cwd=history.work)

    with pytest.raises(UnsafeConfiguration):
        store.open(folder).keeper.adopt()


def test_hooks_of_the_repository_are_never_run(history: HgHistory, backend: Backend) -> None:
    (history.store / ".hg" / "hgrc").write_bytes(
        b"[hooks]\npreoutgoing = false\n[phases]\npublish = no\n[extensions]\nnothing = /x\n"
    )
    history.commit({"a": b"1"})

    backend.keeper.adopt()

    assert backend.keeper.verify() == ()
