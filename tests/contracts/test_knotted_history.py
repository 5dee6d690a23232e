"""Every question that a reader answers, at every commit of one history that has it all, against what `git` and `hg` print.

Criss-cross merges, an octopus (git), a merge that changes a file of its own, branches that are called as ids are, a second
beginning; for hg also several and closed heads, topics, secret and draft commits, and one that was replaced.
"""

from __future__ import annotations

import re
import subprocess
from itertools import combinations, permutations

import pytest

from kallithea.lib.vcs.backend import Backend
from kallithea.lib.vcs.objects import CommitId
from kallithea.lib.vcs.paths import ROOT, FilePath
from tests.contracts import test_blame, test_last_changes
from tests.contracts.git_history import GitHistory
from tests.contracts.hg_history import HgHistory
from tests.contracts.histories import History
from tests.contracts.wild import DEFAULT, listed

AT_LEISURE = 60.0
LIKE_AN_ID = "ab" * 20
EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
TOPIC = """\
from mercurial import extensions
def reposetup(ui, repo):
    class topical(repo.__class__):
        def commitctx(self, ctx, *args, **kwargs):
            ctx._extra[b'topic'] = b'basket'
            return super().commitctx(ctx, *args, **kwargs)
    repo.__class__ = topical
"""


def text(*words: str) -> bytes:
    """A file with these words between lines that stay."""
    return b"".join(b"%s\nsame\nsame again\n" % word.encode() for word in words)


@pytest.fixture(name="commits")
def _commits(history: History) -> list[str]:
    """The published commits of a knotted history, newest first."""
    main = DEFAULT[history.kind]
    history.commit({"a.txt": text("one", "two", "three"), "d/b.txt": text("b"), "d/e/c.txt": text("c")}, "Start")
    history.commit({"left.txt": text("left"), "a.txt": text("one", "two", "left")}, branch="left")
    history.switch(main)
    history.commit({"main.txt": text("main"), "a.txt": text("main", "two", "three")})
    ours, theirs = _tip(history), "left"
    history.merge(theirs, "Merge left")
    history.switch("left")
    _merge_commit(history, ours, "Merge main as it was before it had left")
    history.commit({"left.txt": text("left", "more")})
    history.switch(main)
    history.commit({"main.txt": None, "d/b.txt": text("b", "main")})
    history.merge("left", "Cross again")
    history.commit(rename=("d/b.txt", "d/e/renamed.txt"))
    history.commit({"id.txt": text("id")}, branch=LIKE_AN_ID)
    history.switch(main)
    history.commit({"a.txt": text("main", "two", "left", "four")})
    if isinstance(history, GitHistory):
        _knots_of_git(history)
    else:
        assert isinstance(history, HgHistory)
        _knots_of_hg(history)
    return listed(history, git=["--branches"], hg="not secret()")


def _knots_of_git(history: GitHistory) -> None:
    for arm in ("arm1", "arm2", "arm3"):
        history.switch("main")
        history.commit({f"{arm}.txt": text(arm)}, branch=arm)
    history.switch("main")
    history._commits += 1
    history.git("merge", "-q", "--no-ff", "-m", "Octopus", "arm1", "arm2", "arm3", f"refs/heads/{LIKE_AN_ID}")
    history.commit(message="Nothing")
    history.git("checkout", "-q", "--orphan", "apart")
    history.commit({"apart.txt": text("apart")}, "A second beginning")
    history.switch("main")
    history.publish()


def _knots_of_hg(history: HgHistory) -> None:
    hg = history
    (hg.store / ".hg" / "hgrc").write_text("[phases]\npublish = no\n")
    hg.merge(LIKE_AN_ID, "Merge what is called as an id")
    fork = _tip(hg)
    hg.commit({"s.txt": text("first")}, branch="several")
    hg.hg("update", "--rev", fork)
    hg.hg("branch", "--force", "several")
    hg.commit({"s.txt": text("second")})
    hg.commit({"closed.txt": text("closed")}, branch="closed")
    hg._commits += 1
    hg.hg("commit", "--close-branch", "-m", "Close", "-u", "ann", "-d", hg._date())
    hg.hg("update", "null")
    hg.commit({"apart.txt": text("apart")}, "A second beginning")
    hg.hg("update", "--rev", fork)
    replaced = hg.commit({"o.txt": text("replaced")}, "To be replaced")
    hg.commit({"orphan.txt": text("orphan")}, "Builds on what is replaced")
    hg.hg("update", "--rev", fork)
    extension = hg.work.parent / "topics.py"
    extension.write_text(TOPIC)
    (hg.work / "t.txt").write_bytes(text("topic"))
    hg._commits += 1
    hg.hg("add")
    hg.hg("--config", f"extensions.topics={extension}", "commit", "-m", "With a topic", "-u", "ann", "-d", hg._date())
    hg.publish()
    # Without settings of its own, one process answers for it all the time.
    (hg.store / ".hg" / "hgrc").unlink()
    hg.hg("bookmark", "--rev", fork, "a-mark", cwd=hg.store)
    hg.hg("--config", "experimental.evolution.createmarkers=yes", "debugobsolete", replaced, fork, cwd=hg.store)
    hg.hg("phase", "--public", "--rev", fork, cwd=hg.store)
    hg.hg("phase", "--secret", "--force", "--rev", "last(branch(several))", cwd=hg.store)


def _tip(history: History) -> str:
    if isinstance(history, GitHistory):
        return history.git("rev-parse", "HEAD")
    assert isinstance(history, HgHistory)
    return history.hg("log", "-r", ".", "-T", "{node}")


def _merge_commit(history: History, commit: str, message: str) -> None:
    if isinstance(history, GitHistory):
        history._commits += 1
        history.git("merge", "-q", "--no-ff", "-m", message, commit)
        return
    assert isinstance(history, HgHistory)
    history.hg("merge", "--tool", ":merge", "--rev", commit)
    history._record(message, "ann")


def printed(history: History, *, git: str, hg: str) -> list[str]:
    """The lines that the program prints of what was published; none where it ends with an error."""
    if isinstance(history, GitHistory):
        command = ["git", f"--git-dir={history.store}", *git.split()]
        done = subprocess.run(command, env=history.environment(), capture_output=True, check=False, text=True)
        return done.stdout.splitlines() if done.returncode == 0 else []
    assert isinstance(history, HgHistory)
    command, *arguments = hg.split(" ")
    return history.hg(command, *arguments, cwd=history.store).splitlines()


def parents_of(history: History, commit: str) -> list[str]:
    (line,) = printed(history, git=f"log -1 --format=%P {commit}", hg=f"log -r {commit} -T {{p1node}}|{{p2node}}\\n")
    return [parent for parent in re.findall("[0-9a-f]{40}", line) if parent.strip("0")]


def heads_of(backend: Backend) -> list[CommitId]:
    return list(dict.fromkeys(ref.target for ref in backend.reader.refs().branches))


def test_names_are_those_of_the_program(backend: Backend, history: History, commits: list[str]) -> None:
    lines = printed(
        history, git="branch --format=%(objectname)|%(refname:lstrip=2)", hg="log -r head()-secret() -T {node}|{branch}\\n"
    )

    assert {f"{ref.target}|{ref.name}" for ref in backend.reader.refs().branches} == set(lines)


def test_histories_of_heads_are_those_of_the_program(backend: Backend, history: History, commits: list[str]) -> None:
    for head in heads_of(backend):
        expected = listed(history, git=[head.hex], hg=f"::{head}")
        assert [one.id.hex for one in backend.reader.history([head])] == expected
        assert [one.id.hex for one in backend.reader.stretch([head], size=99, seconds=AT_LEISURE).commits] == expected
        with backend.reader.counting(head, limit=99) as counted:
            found = backend.reader.count([head], limit=99)
            assert found == counted() == len(expected)
        with backend.reader.counting(head, limit=3) as counted:
            assert counted() == min(3, len(expected))
        assert {one.id for one in backend.counter.commits([head])} == set(expected)


def test_commits_are_told_as_the_program_tells_them(backend: Backend, history: History, commits: list[str]) -> None:
    for commit in commits:
        found = backend.reader.commit(CommitId(commit))
        assert [one.hex for one in found.parents] == parents_of(history, commit)
        assert backend.reader.resolve(commit).id.hex == commit
        if history.kind == "hg":
            template = "{phase}|{get(extras, 'topic')}|{branch}|{if(obsolete, 'obsolete')}|{instabilities}\\n"
            assert isinstance(history, HgHistory)
            (line,) = history.hg("log", "-r", commit, "-T", template, cwd=history.store).splitlines()
            obsolete = "obsolete" if found.is_obsolete else ""
            said = (found.phase.value, found.topic or "", found.branch, obsolete, " ".join(found.instabilities))
            assert "|".join(map(str, said)) == line


def test_children_are_those_of_the_program(backend: Backend, history: History, commits: list[str]) -> None:
    named = {line.split()[0]: line.split()[1:] for line in printed(history, git="rev-list --branches --children", hg="root")}
    for commit in commits:
        if history.kind == "hg":
            named[commit] = printed(history, git="", hg=f"log -r children({commit})-secret() -T {{node}}\\n")
        found = backend.reader.children(CommitId(commit), seconds=AT_LEISURE)
        assert sorted(one.hex for one in found.ids) == sorted(named[commit])


def test_bases_are_among_those_of_the_program(backend: Backend, history: History, commits: list[str]) -> None:
    most = 0
    for one, other in combinations(commits, 2):
        hg = f"log -r heads(::{one}&::{other}) -T {{node}}\\n"
        expected = printed(history, git=f"merge-base --all {one} {other}", hg=hg)
        found = backend.reader.merge_base(CommitId(one), CommitId(other))
        assert (found.hex if found else None) in (expected or [None])
        most = max(most, len(expected))
    assert most == 2


def test_heads_are_ahead_and_behind_as_the_program_counts(backend: Backend, history: History, commits: list[str]) -> None:
    for one, other in permutations(heads_of(backend), 2):
        found = backend.reader.divergence(one, other, seconds=AT_LEISURE)
        ahead, behind = (
            printed(history, git=f"rev-list {a} --not {b}", hg=f"log -r only({a},{b}) -T {{node}}\\n")
            for a, b in ((other, one), (one, other))
        )
        assert found is not None
        assert (found.ahead, found.behind) == (len(ahead), len(behind))


def test_files_are_those_of_the_program(backend: Backend, history: History, commits: list[str]) -> None:
    for commit in map(CommitId, commits):
        names = printed(history, git=f"ls-tree -r --name-only {commit}", hg=f"manifest --rev {commit}")
        below = [path.split("/")[1] for path in names if path.startswith("d/")]
        assert [path.text for path in backend.reader.paths(commit)] == sorted(names)
        if below:
            assert {entry.path.text.split("/")[1] for entry in backend.reader.tree(commit, FilePath(b"d"))} == set(below)
        for path in names:
            shown = printed(history, git=f"show {commit}:{path}", hg=f"cat --rev {commit} {history.store / path}")
            assert backend.reader.blob(commit, FilePath.from_text(path)).read(9999).decode().splitlines() == shown


def test_differences_from_each_parent_are_those_of_the_program(backend: Backend, history: History, commits: list[str]) -> None:
    for commit in commits:
        for parent in parents_of(history, commit):
            lines = printed(
                history, git=f"diff --no-color -M {parent} {commit}", hg=f"diff --git --rev {parent} --rev {commit}"
            )
            diff = backend.reader.diff(CommitId(parent), CommitId(commit))
            found = [(file.old_path.text, file.new_path.text, file.added, file.removed) for file in diff.files]
            assert sorted(found) == sorted(_changed(lines))


def test_patches_are_those_of_the_program(backend: Backend, history: History, commits: list[str]) -> None:
    for commit in commits:
        parent = next(iter(parents_of(history, commit)), EMPTY_TREE if history.kind == "git" else "null")
        lines = printed(history, git=f"diff {parent} {commit}", hg=f"diff --git --rev {parent} --rev {commit}")
        found = b"".join(backend.reader.patch(CommitId(commit))).decode().splitlines()
        assert sorted(_changed(found)) == sorted(_changed(lines))


def test_sizes_of_files_are_those_of_the_program(backend: Backend, history: History, commits: list[str]) -> None:
    for commit in commits:
        printing = f"files --rev {commit} -T {{size}}|{{path}}\\n"
        lines = printed(history, git=f"ls-tree -r --format=%(objectsize)|%(path) {commit}", hg=printing)
        found = {f"{size}|{path.decode()}" for path, size in backend.counter.sizes(CommitId(commit))}
        assert found == set(lines)


def test_histories_of_files_are_those_of_the_program(backend: Backend, history: History, commits: list[str]) -> None:
    for head in heads_of(backend):
        for path in backend.reader.paths(head):
            hg = f"log -r sort(::{head}&file('path:{path.text}'),-rev) -T {{node}}\\n"
            expected = printed(history, git=f"log --format=%H {head} -- {path.text}", hg=hg)
            assert [one.id.hex for one in backend.reader.history([head], path=path)] == expected, path


def _changed(lines: list[str]) -> list[tuple[str, str, int, int]]:
    """Both names of each file of a diff, and how many lines it adds and removes."""
    found: list[list[str | int]] = []
    for line in lines:
        if line.startswith("diff --git "):
            _, _, old, new = line.split(" ")
            found.append([old.removeprefix("a/"), new.removeprefix("b/"), 0, 0])
        elif line[:1] in "+-" and line[:3] not in ("+++", "---") and line:
            found[-1][2 + "+-".index(line[0])] += 1  # type: ignore[operator]  # the last two are numbers
    return [(str(old), str(new), int(added), int(removed)) for old, new, added, removed in found]


def test_lines_and_last_changes_of_heads_are_those_of_the_program(
    backend: Backend, history: History, commits: list[str]
) -> None:
    history.work = history.store
    for head in heads_of(backend):
        for path in backend.reader.paths(head):
            assert test_blame.told(backend, head.hex, path.text) == test_blame.printed(history, head.hex, path.text), path
        for folder in (ROOT, FilePath(b"d")):
            if folder == ROOT or any(path.raw.startswith(b"d/") for path in backend.reader.paths(head)):
                found = test_last_changes.shown(backend, head.hex, folder)
                assert found == test_last_changes.printed(history, backend, head.hex, folder)
