"""The graph that is drawn joins each commit with just the parents that git and hg print: octopus and criss-cross merges too."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from kallithea.lib.graph import GraphRow, lay_out
from kallithea.lib.vcs.backend import Backend
from kallithea.lib.vcs.objects import Commit
from kallithea.lib.vcs.walks import EVERYTHING
from tests.contracts.git_history import GitHistory
from tests.contracts.hg_history import HgHistory
from tests.contracts.histories import History
from tests.contracts.kinds import about_git
from tests.contracts.wild import DEFAULT, write_wild_history

Edges = set[tuple[str, str]]


def shown(backend: Backend) -> tuple[Commit, ...]:
    """All commits, as the page of the history has them."""
    heads = list(dict.fromkeys(ref.target for ref in backend.reader.refs().branches))
    return backend.reader.stretch(heads, EVERYTHING, size=1000, seconds=60.0).commits


def drawn(commits: Sequence[Commit]) -> tuple[list[tuple[str, str]], tuple[GraphRow, ...]]:
    """Where each line leads that begins at a commit: followed downwards from row to row, as an eye does."""
    rows = lay_out([(commit.id, commit.parents) for commit in commits])
    edges = []
    for number, row in enumerate(rows):
        for begun, _ in row.leaving:
            column, below = begun, number + 1
            while column not in [arriving for arriving, _ in rows[below].arriving]:
                (column,) = {to for at, to, _ in rows[below].passing if at == column}
                below += 1
            edges.append((commits[number].id.hex, commits[below].id.hex))
    return edges, rows


def printed(history: History) -> Edges:
    """Child and parent of each commit, as the real program prints them."""
    if isinstance(history, GitHistory):
        text = history.git(f"--git-dir={history.store}", "log", "--branches", "--format=%H %P")
    else:
        assert isinstance(history, HgHistory)
        text = history.hg("log", "--template", "{node} {p1node} {p2node}\\n").replace("0" * 40, "")
    return {(child, parent) for child, *parents in map(str.split, text.splitlines()) for parent in parents}


def criss_cross(history: History) -> None:
    """Two branches that merge each other twice."""
    main = DEFAULT[history.kind]
    history.commit({"start": b"0"})
    history.commit({"left": b"0"}, branch="left")
    history.switch(main)
    history.commit({"main": b"0"})
    for number in (1, 2):
        history.merge("left")
        history.switch("left")
        history.commit({"left": b"%d" % number})
        history.merge(main)
        history.switch(main)
        history.commit({"main": b"%d" % number})


def test_criss_cross_merges_are_drawn_as_they_are(backend: Backend, history: History) -> None:
    criss_cross(history)
    history.publish()

    edges, rows = drawn(shown(backend))

    assert sorted(edges) == sorted(printed(history))
    assert sum(row.is_merge for row in rows) == 4


@about_git
def test_an_octopus_has_a_line_to_each_parent(backend: Backend, history: History) -> None:
    assert isinstance(history, GitHistory)
    history.commit({"start": b"0"})
    names = [f"arm{number}" for number in range(8)]
    for name in names:
        history.switch("main")
        history.commit({name: b"0"}, branch=name)
    history.switch("main")
    history._commits += 1
    history.git("merge", "-q", "--no-ff", "-m", "Octopus", *names)
    history.publish()

    edges, rows = drawn(shown(backend))

    assert sorted(edges) == sorted(printed(history))
    assert len(rows[0].leaving) >= len(names)
    assert len({column for column, _ in rows[0].leaving}) == len(rows[0].leaving)


@pytest.mark.parametrize("seed", [7, 11])
def test_wild_histories_are_drawn_as_they_are(backend: Backend, history: History, seed: int) -> None:
    write_wild_history(history, commits=15, seed=seed)

    edges, _ = drawn(shown(backend))

    assert sorted(edges) == sorted(printed(history))
