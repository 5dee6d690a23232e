"""Refs and the fingerprint that tells when they move."""

from __future__ import annotations

from kallithea.lib.vcs.backend import Backend
from kallithea.lib.vcs.objects import CommitId
from tests.contracts.histories import History

DEFAULT = {"hg": "default", "git": "main"}


def test_empty_repository_has_no_refs(backend: Backend) -> None:
    refs = backend.reader.refs()

    assert (refs.branches, refs.tags, refs.default) == ((), (), None)


def test_empty_repository_knows_the_name_of_its_first_branch(backend: Backend, history: History) -> None:
    assert backend.reader.refs().default_name == DEFAULT[history.kind]


def test_default_branch_comes_first(backend: Backend, history: History) -> None:
    history.commit({"a": b"1"})
    history.commit({"a": b"2"}, branch="aaa")
    history.publish()

    assert [ref.name for ref in backend.reader.refs().branches] == [DEFAULT[history.kind], "aaa"]


def test_default_ref_is_the_default_branch(backend: Backend, history: History) -> None:
    commit = history.commit({"a": b"1"})
    history.publish()

    default = backend.reader.refs().default

    assert default is not None
    assert (default.name, default.target) == (DEFAULT[history.kind], CommitId(commit))


def test_branch_name_may_have_slashes(backend: Backend, history: History) -> None:
    history.commit({"a": b"1"})
    commit = history.commit({"a": b"2"}, branch="feature/x/y")
    history.publish()

    targets = {ref.name: ref.target.hex for ref in backend.reader.refs().branches}

    assert targets["feature/x/y"] == commit


def test_tag_points_to_the_commit(backend: Backend, history: History) -> None:
    commit = history.commit({"a": b"1"})
    history.tag("v1.0")
    history.publish()

    assert [(ref.name, ref.target.hex) for ref in backend.reader.refs().tags if ref.name != "tip"] == [("v1.0", commit)]


def test_fingerprint_stays_while_nothing_moves(backend: Backend, history: History) -> None:
    history.commit({"a": b"1"})
    history.publish()

    assert backend.reader.fingerprint() == backend.reader.fingerprint()


def test_fingerprint_changes_with_the_first_commit(backend: Backend, history: History) -> None:
    before = backend.reader.fingerprint()
    history.commit({"a": b"1"})
    history.publish()

    assert backend.reader.fingerprint() != before


def test_every_quick_update_has_its_own_fingerprint(backend: Backend, history: History) -> None:
    seen = set()
    for number in range(4):
        history.commit({"a": b"%d" % number})
        history.publish()
        seen.add(backend.reader.fingerprint())

    assert len(seen) == 4


def test_new_commit_is_visible_at_once(backend: Backend, history: History) -> None:
    history.commit({"a": b"1"})
    history.publish()
    backend.reader.refs()
    commit = history.commit({"a": b"2"})
    history.publish()

    default = backend.reader.refs().default

    assert default is not None
    assert default.target.hex == commit
