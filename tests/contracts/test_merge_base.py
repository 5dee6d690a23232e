"""Where the ways of two commits parted, against what `git merge-base` and `hg log` print."""

from __future__ import annotations

from pathlib import Path

from kallithea.lib.vcs.backend import Store
from kallithea.lib.vcs.objects import CommitId
from tests.browser.histories import Story, write
from tests.contracts.git_history import GitHistory
from tests.contracts.hg_history import HgHistory
from tests.contracts.histories import History


def _printed(history: History, one: str, other: str) -> str:
    if isinstance(history, GitHistory):
        return history.git("merge-base", one, other)
    assert isinstance(history, HgHistory)
    return history.hg("log", "--template", "{node}", "--rev", f"ancestor({one}, {other})")


def test_base_is_the_one_that_the_program_names(store: Store, history: History, tmp_path: Path) -> None:
    story = Story()
    story.commit("Begin", {"a": "1"})
    story.commit("Fork", {"a": "2"})
    story.commit("Beside", {"b": "1"}, branch="other")
    story.commit("Here", {"a": "3"})
    story.merge("other", "Merge")
    story.commit("Beside again", {"b": "2"}, branch="other")
    story.commit("Here again", {"a": "4"})
    write(store.kind.value, story, tmp_path / "told")
    reader = store.open(tmp_path / "told").reader
    history.work = tmp_path / "told"
    here, beside = (reader.resolve(name).id for name in ("", "other"))

    found = reader.merge_base(here, beside)

    assert found is not None
    assert found.hex == _printed(history, here.hex, beside.hex)
    assert reader.merge_base(here, here) == here


def test_histories_without_a_common_beginning_have_none(store: Store, history: History) -> None:
    one = history.commit({"a": b"1"})
    if isinstance(history, GitHistory):
        history.git("checkout", "-q", "--orphan", "apart")
    elif isinstance(history, HgHistory):
        history.hg("update", "null")
    other = history.commit({"b": b"1"})
    history.publish()

    assert store.open(history.store).reader.merge_base(CommitId(one), CommitId(other)) is None
