"""The last commit of each entry of a folder, against what `git log` and `hg log` print for each."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

from kallithea.lib.vcs.backend import Backend, Store
from kallithea.lib.vcs.objects import CommitId
from kallithea.lib.vcs.paths import ROOT, FilePath
from tests.browser.histories import Story, write
from tests.contracts.git_history import GitHistory
from tests.contracts.hg_history import HgHistory
from tests.contracts.histories import History

AT_LEISURE = 60.0
TRUNK = {"hg": "default", "git": "main"}


def shown(backend: Backend, commit: str, folder: FilePath = ROOT) -> dict[bytes, str]:
    """What the backend says of each entry, by its whole path."""
    entries = backend.reader.tree(CommitId(commit), folder)
    found = backend.reader.last_changes(CommitId(commit), folder, entries, seconds=AT_LEISURE)
    assert found.is_complete
    return {(folder / name).raw: last.hex for name, last in found.commits.items()}


def printed(history: History, backend: Backend, commit: str, folder: FilePath = ROOT) -> dict[bytes, str]:
    """What the real program says of each entry."""
    paths = [entry.path for entry in backend.reader.tree(CommitId(commit), folder)]
    return {path.raw: _last(history, commit, path.text) for path in paths}


def _last(history: History, commit: str, path: str) -> str:
    if isinstance(history, GitHistory):
        return history.git("log", "-1", "--format=%H", commit, "--", path)
    assert isinstance(history, HgHistory)
    return history.hg("log", "--template", "{node}", "--rev", f"last(::{commit} and file('path:{path}'))")


def test_entry_has_the_last_commit_that_changed_it(backend: Backend, history: History) -> None:
    first = history.commit({"a": b"1", "b": b"1", "folder/x": b"1"})
    second = history.commit({"b": b"2"})
    third = history.commit({"folder/y/z": b"1"})
    history.publish()

    assert shown(backend, third) == {b"a": first, b"b": second, b"folder": third}


def test_folder_below_has_its_own(backend: Backend, history: History) -> None:
    first = history.commit({"f/g/a": b"1", "f/g/b": b"1", "f/c": b"1"})
    second = history.commit({"f/g/a": b"2"})
    history.commit({"other": b""})
    last = history.commit({"f/c": b"2"})
    history.publish()

    assert shown(backend, last, FilePath(b"f/g")) == {b"f/g/a": second, b"f/g/b": first}


def test_folder_has_the_commit_that_removed_something_in_it(backend: Backend, history: History) -> None:
    history.commit({"f/a": b"1", "f/b": b"1"})
    last = history.commit({"f/a": None})
    history.publish()

    assert shown(backend, last) == {b"f": last}


def test_names_with_blanks_colons_and_other_letters_are_told_apart(backend: Backend, history: History) -> None:
    first = history.commit(dict.fromkeys(("a b", "über", "f*", "a:b"), b"1"))
    second = history.commit(dict.fromkeys(("a", "-x", "f"), b"1"))
    history.publish()

    commits = {
        name.encode(): commit
        for names, commit in ((("a b", "über", "f*", "a:b"), first), (("a", "-x", "f"), second))
        for name in names
    }
    assert shown(backend, second) == commits


def test_later_commits_and_those_of_other_branches_do_not_count(backend: Backend, history: History) -> None:
    first = history.commit({"a": b"1"})
    history.commit({"a": b"2"}, branch="other")
    history.switch(TRUNK[history.kind])
    history.commit({"a": b"3"})
    history.publish()

    assert shown(backend, first) == {b"a": first}


def test_change_made_on_two_branches_is_an_ancestor_of_each(store: Store, tmp_path: Path) -> None:
    story = Story()
    story.commit("Begin", {"a": "1"})
    story.commit("Beside", {"a": "2"}, branch="other")
    story.commit("Here", {"a": "2"})
    backend, _ = _told(store, story, tmp_path / "told")

    here, beside = (backend.reader.resolve(name).id.hex for name in ("", "other"))

    assert (shown(backend, here), shown(backend, beside)) == ({b"a": here}, {b"a": beside})


def test_merge_that_took_one_side_is_not_the_last_change(backend: Backend, history: History) -> None:
    history.commit({"a": b"1", "b": b"1"})
    theirs = history.commit({"b": b"2"}, branch="other")
    history.switch(TRUNK[history.kind])
    ours = history.commit({"a": b"2"})
    merge = history.merge("other")
    history.publish()

    assert shown(backend, merge) == {b"a": ours, b"b": theirs}


def _grow(story: Story, dice: random.Random, length: int) -> None:
    """Add commits to a history, with branches and merges, and files in folders that come, change and go."""
    names = [f"d{number % 3}/f{number}" for number in range(9)] + ["top", "d0/deep/er"]
    if not story.commits:
        story.commit("Begin", dict.fromkeys(names[:9], "begun"))
    for _ in range(length):
        number = len(story.commits)
        name = dice.choice(names)
        story.commit("Change", {name: f"text {number}"})
        if dice.random() < 0.2:
            story.commit("Remove", {name: None})
        if dice.random() < 0.3:
            branch = f"side{number}"
            story.commit("Beside", {f"d{number % 3}/side{number}": "x", dice.choice(names): f"side {number}"}, branch=branch)
            story.commit("Meanwhile", {"steps": f"{number}"})
            story.merge(branch, "Merge")


def _told(store: Store, story: Story, folder: Path) -> tuple[Backend, str]:
    write(store.kind.value, story, folder)
    backend = store.open(folder)
    return backend, backend.reader.resolve("").id.hex


def test_generated_history_is_told_as_the_program_tells_it(store: Store, history: History, tmp_path: Path) -> None:
    story = Story()
    _grow(story, random.Random(1), 25)
    backend, last = _told(store, story, tmp_path / "told")
    history.work = tmp_path / "told"

    for folder in (ROOT, FilePath(b"d0")):
        assert shown(backend, last, folder) == printed(history, backend, last, folder)


def test_answer_is_taken_over_and_right_after_pushes(store: Store, tmp_path: Path) -> None:
    story, dice = Story(), random.Random(7)
    _grow(story, dice, 12)
    backend, first = _told(store, story, tmp_path / "told")
    _grow(story, dice, 5)
    _, last = _told(store, story, tmp_path / "anew")
    for folder in (ROOT, FilePath(b"d0")):
        shown(backend, first, folder)

    shutil.rmtree(tmp_path / "told")
    (tmp_path / "anew").rename(tmp_path / "told")
    taken_over = [shown(store.open(tmp_path / "told"), last, folder) for folder in (ROOT, FilePath(b"d0"))]

    (tmp_path / "told").rename(tmp_path / "fresh")
    fresh = store.open(tmp_path / "fresh")
    assert taken_over == [shown(fresh, last, folder) for folder in (ROOT, FilePath(b"d0"))]


def test_older_commit_is_told_right_after_a_newer_one(backend: Backend, history: History) -> None:
    older = history.commit({"a": b"1", "b": b"1"})
    newer = history.commit({"a": b"2"})
    history.publish()
    shown(backend, newer)

    assert shown(backend, older) == {b"a": older, b"b": older}


def test_without_time_it_says_what_is_missing_and_goes_on_when_asked_again(backend: Backend, history: History) -> None:
    first = history.commit({"a": b"1", "b": b"1"})
    last = history.commit({"b": b"2"})
    history.publish()
    entries = backend.reader.tree(CommitId(last))

    rushed = backend.reader.last_changes(CommitId(last), ROOT, entries, seconds=0.0)

    assert not rushed.is_complete
    assert shown(backend, last) == {b"a": first, b"b": last}


def test_answer_outlives_the_process(backend: Backend, history: History, store: Store) -> None:
    first = history.commit({"a": b"1"})
    history.publish()
    shown(backend, first)
    entries = backend.reader.tree(CommitId(first))

    again = store.open(history.store).reader.last_changes(CommitId(first), ROOT, entries, seconds=0.0)

    assert (again.is_complete, again.commits[b"a"].hex) == (True, first)
