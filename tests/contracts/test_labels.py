"""What is said of commits and names beside the commits themselves."""

from __future__ import annotations

import pytest

from kallithea.lib.vcs.backend import Backend
from kallithea.lib.vcs.objects import CommitId, Phase
from kallithea.lib.vcs.walks import Divergence
from tests.contracts.git_history import GitHistory
from tests.contracts.hg_history import HgHistory
from tests.contracts.histories import History
from tests.contracts.kinds import about_git, about_hg
from tests.contracts.wild import DEFAULT, merged

PATIENT = 60.0


@pytest.fixture
def crossed(history: History) -> tuple[str, str]:
    """Two branches that were merged into each other, both ways, and went on."""
    history.commit({"a": b"0"})
    history.commit({"left": b"0"}, branch="left")
    history.switch(DEFAULT[history.kind])
    history.commit({"right": b"0"})
    history.switch("left")
    merged(history, DEFAULT[history.kind])
    history.switch(DEFAULT[history.kind])
    history.commit({"right": b"1"})
    history.switch("left")
    left = history.commit({"left": b"1"})
    history.switch(DEFAULT[history.kind])
    merged(history, "left")
    right = history.commit({"right": b"2"})
    history.switch("left")
    left = history.commit({"left": b"2"})
    history.publish()
    return left, right


def test_divergence_counts_what_each_has_alone(backend: Backend, history: History, crossed: tuple[str, str]) -> None:
    left, right = crossed
    if isinstance(history, GitHistory):
        behind, ahead = map(int, history.git("rev-list", "--left-right", "--count", f"{right}...{left}").split())
    else:
        assert isinstance(history, HgHistory)
        counts = [history.hg("log", "-r", f"only({a}, {b})", "-T", "x") for a, b in ((right, left), (left, right))]
        behind, ahead = map(len, counts)

    found = backend.reader.divergence(CommitId(right), CommitId(left), seconds=PATIENT)

    assert found == Divergence(ahead, behind)
    assert backend.reader.divergence(CommitId(left), CommitId(right), seconds=PATIENT) == Divergence(behind, ahead)


def test_nothing_diverges_from_itself(backend: Backend, crossed: tuple[str, str]) -> None:
    one = CommitId(crossed[0])

    assert backend.reader.divergence(one, one, seconds=PATIENT) == Divergence(0, 0)


def test_unrelated_histories_diverge_wholly(backend: Backend, history: History) -> None:
    one = history.commit({"a": b"0"})
    if isinstance(history, GitHistory):
        history.git("checkout", "-q", "--orphan", "other")
    else:
        assert isinstance(history, HgHistory)
        history.hg("update", "-q", "null")
        history.hg("branch", "other")
    history.commit({"b": b"0"})
    other = history.commit({"b": b"1"})
    history.publish()

    assert backend.reader.divergence(CommitId(one), CommitId(other), seconds=PATIENT) == Divergence(2, 1)


def test_tag_has_who_gave_it(backend: Backend, history: History) -> None:
    history.commit({"a": b"1"})
    history.tag("v1")
    history.publish()

    note = backend.reader.tag_notes(["v1", "no such tag"])["v1"]

    assert note.tagger is not None
    assert (note.tagger.name, note.tagger.email) == ("Ann Author", "ann@example.com")
    assert note.message == {"git": "Tag v1", "hg": note.message}[history.kind]


@about_git
def test_tag_without_a_note_is_but_a_name(backend: Backend, history: History) -> None:
    assert isinstance(history, GitHistory)
    git = history
    history.commit({"a": b"1"})
    git.git("tag", "light")
    history.publish()

    assert backend.reader.tag_notes(["light"]) == {}


@about_git
def test_signature_of_a_tag_is_not_its_message(backend: Backend, history: History) -> None:
    assert isinstance(history, GitHistory)
    git = history
    commit = history.commit({"a": b"1"})
    raw = (
        f"object {commit}\ntype commit\ntag v2\ntagger Zoë <z@example.com> 1577869200 +0100\n\nRelease\n\n"
        "-----BEGIN PGP SIGNATURE-----\nabc\n-----END PGP SIGNATURE-----\n"
    )
    tag = git.git("hash-object", "-t", "tag", "-w", "--stdin", stdin=raw.encode())
    git.git("update-ref", "refs/tags/v2", tag)
    history.publish()

    note = backend.reader.tag_notes(["v2"])["v2"]

    assert (note.tagger and note.tagger.name, note.message) == ("Zoë", "Release")


@about_hg
def test_tag_that_moved_was_given_by_who_moved_it(backend: Backend, history: History) -> None:
    assert isinstance(history, HgHistory)
    hg = history
    history.commit({"a": b"1"})
    history.tag("v1")
    history.commit({"a": b"2"})
    hg.hg("tag", "--force", "--user", "Bob <bob@example.com>", "--message", "Again", "v1")
    history.publish()

    note = backend.reader.tag_notes(["v1"])["v1"]

    assert (note.tagger and note.tagger.name, note.message) == ("Bob", "Again")


@about_hg
def test_topic_is_read_without_its_extension(backend: Backend, history: History) -> None:
    assert isinstance(history, HgHistory)
    hg = history
    extension = hg.work.parent / "topics.py"
    extension.write_text(
        "from mercurial import extensions, commands\n"
        "def reposetup(ui, repo):\n"
        "    class topical(repo.__class__):\n"
        "        def commitctx(self, ctx, *args, **kwargs):\n"
        "            ctx._extra[b'topic'] = b'caf\\xc3\\xa9'\n"
        "            return super().commitctx(ctx, *args, **kwargs)\n"
        "    repo.__class__ = topical\n"
    )
    (hg.work / "a").write_text("1")
    hg.hg("add")
    hg.hg("--config", f"extensions.topics={extension}", "commit", "-m", "With a topic", "-u", "ann")
    history.publish()

    assert backend.reader.resolve("tip").topic == "café"


@about_hg
def test_what_builds_on_a_replaced_commit_is_an_orphan(backend: Backend, history: History) -> None:
    assert isinstance(history, HgHistory)
    hg = history
    history.commit({"a": b"0"})
    old = history.commit({"a": b"1"})
    child = history.commit({"b": b"1"})
    (hg.store / ".hg" / "hgrc").write_text("[phases]\npublish = no\n")
    history.publish()
    new = hg.hg("log", "-r", "0", "-T", "{node}")
    evolve = ("--config", "experimental.evolution.createmarkers=yes")
    hg_run = lambda *arguments: hg.hg(*evolve, *arguments, cwd=hg.store)  # noqa: E731
    hg_run("debugobsolete", old, new)

    commits = {one: backend.reader.commit(CommitId(one)) for one in (old, child)}

    assert (commits[old].is_obsolete, commits[child].instabilities) == (True, ("orphan",))
    assert commits[child].phase is Phase.DRAFT


@about_hg
def test_closed_and_several_heads_are_all_listed(backend: Backend, history: History) -> None:
    assert isinstance(history, HgHistory)
    hg = history
    start = history.commit({"a": b"0"})
    closed = history.commit({"b": b"0"}, branch="side")
    hg.hg("commit", "--close-branch", "-m", "Close", "-u", "ann")
    end = hg.hg("log", "-r", ".", "-T", "{node}")
    hg.hg("update", "--rev", closed)
    second = history.commit({"c": b"0"})
    history.publish()

    found = {(ref.name, ref.target.hex, ref.is_closed) for ref in backend.reader.refs().branches}

    assert found == {("default", start, False), ("side", second, False), ("side", end, True)}


def test_branch_named_like_an_id_is_a_branch(backend: Backend, history: History) -> None:
    name = "ab" * 20
    history.commit({"a": b"0"})
    commit = history.commit({"a": b"1"}, branch=name)
    history.publish()

    part = backend.reader.stretch([ref.target for ref in backend.reader.refs().branches if ref.name == name], size=1, seconds=9)

    assert [one.id.hex for one in part.commits] == [commit]


def test_refs_of_a_commit_are_found_by_it(backend: Backend, history: History) -> None:
    commit = history.commit({"a": b"0"})
    history.tag("v1")
    history.publish()

    names = {ref.name for ref in backend.reader.refs().at(CommitId(commit))}

    assert "v1" in names
