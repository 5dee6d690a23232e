"""A hundred thousand names and fifty thousand files are just those that git and hg print."""

from __future__ import annotations

import os
from itertools import islice
from pathlib import Path

from benchmarks.many_refs import write_git_names
from kallithea.lib.vcs.backend import Backend
from kallithea.lib.vcs.objects import CommitId
from kallithea.lib.vcs.paths import FilePath
from tests.contracts.git_history import GitHistory
from tests.contracts.hg_history import HgHistory
from tests.contracts.histories import History

FULL = os.environ.get("KALLITHEA_FULL_SIZE", "") not in {"", "0"}
NAMES = {"git": 100_000, "hg": 100_000 if FULL else 2_000}
FILES = {"git": 50_000, "hg": 50_000 if FULL else 5_000}
FOLDERS = 50
AT_ONCE = 5_000
"""Names on one command line."""


def test_all_names_lead_where_the_program_says(backend: Backend, history: History, tmp_path: Path) -> None:
    for number in range(3):
        history.commit({"a": b"%d" % number})
    history.publish()
    if isinstance(history, GitHistory):
        write_git_names(history.store, NAMES["git"])
        names = history.git(f"--git-dir={history.store}", "for-each-ref", "--format=%(objectname) %(refname:lstrip=2)")
    else:
        assert isinstance(history, HgHistory)
        wanted = iter([f"mark{number:06}" for number in range(NAMES["hg"])])
        while some := list(islice(wanted, AT_ONCE)):
            history.hg("bookmark", "--rev", "tip", *some, cwd=history.store)
        names = history.hg("bookmarks", "--template", "{node} {bookmark}\n", cwd=history.store)

    refs = backend.reader.refs()

    found = [*refs.bookmarks] if history.kind == "hg" else [*refs.branches, *refs.tags]
    assert len(found) >= NAMES[history.kind]
    assert {f"{ref.target.hex} {ref.name}" for ref in found} == set(names.splitlines())


def test_all_files_are_listed_as_the_program_lists_them(backend: Backend, history: History) -> None:
    number = FILES[history.kind]
    commit = history.commit({f"d{n % FOLDERS}/f{n // FOLDERS}": b"" if n % 7 else b"%d" % n for n in range(number)})
    history.publish()
    if isinstance(history, GitHistory):
        listed = history.git("ls-tree", "-r", "--name-only", commit).splitlines()
        sizes = {line.split("\t")[1]: line.split()[3] for line in history.git("ls-tree", "-l", f"{commit}:d3").splitlines()}
    else:
        assert isinstance(history, HgHistory)
        listed = history.hg("manifest", "--rev", commit).splitlines()
        printed = history.hg("files", "--rev", commit, "--template", "{path} {size}\n", "path:d3")
        sizes = {path.removeprefix("d3/"): size for path, size in map(str.split, printed.splitlines())}

    paths = [path.text for path in backend.reader.paths(CommitId(commit))]
    folder = backend.reader.tree(CommitId(commit), FilePath(b"d3"))

    assert (len(paths), sorted(paths)) == (number, sorted(listed))
    assert {entry.path.text.removeprefix("d3/"): str(entry.size) for entry in folder} == sizes
