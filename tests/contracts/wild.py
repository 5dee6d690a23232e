"""A history as people make them, not as they should: branches here and there, merges across, commits that change nothing."""

from __future__ import annotations

import random
import shutil
from collections.abc import Sequence
from pathlib import Path

from tests.contracts.git_history import GitHistory
from tests.contracts.hg_history import HgHistory
from tests.contracts.histories import History

DEFAULT = {"hg": "default", "git": "main"}
AUTHORS = ("Ann Author <ann@example.com>", "Bob Böß <BOB@example.org>", "nobody <>")


def write_wild_history(history: History, commits: int = 30, seed: int = 7) -> None:
    """Commits on three branches by several people, criss-cross merges among them, and for git an octopus."""
    chance = random.Random(seed)
    branches = [DEFAULT[history.kind], "left", "right"]
    history.commit({"a/start": b"0"}, "Start")
    for branch in branches[1:]:
        history.switch(branches[0])
        history.commit({f"b/{branch}": b"0"}, f"Begin {branch}", branch=branch)
    for number in range(commits):
        branch = chance.choice(branches)
        history.switch(branch)
        other = chance.choice([name for name in branches if name != branch])
        if number % 5 == 4 and merged(history, other):
            continue
        history.commit(
            {f"{chance.choice('ab')}/{branch}{chance.randrange(3)}": b"%d" % number},
            f"Change {number}\n\nÄnderung, of the {chance.choice(['Basket', 'till'])}.",
            author=chance.choice(AUTHORS),
        )
    if isinstance(history, GitHistory):
        history.git("commit", "-q", "--allow-empty", "-m", "Nothing")
        history.switch("main")
        history.git("checkout", "-q", "-b", "third", "HEAD~2")
        history.commit({"c/third": b"1"}, "Third")
        history.switch("main")
        history._commits += 1
        history.git("merge", "-q", "--no-ff", "-m", "Octopus", "left", "right", "third")
    history.publish()


def give_wild_history(history: History, templates: Path) -> None:
    """The same, copied from a folder where it was written once."""
    template = templates / history.kind
    if not template.exists():
        made = type(history)(_new(template))  # type: ignore[call-arg]  # both kinds take a folder
        write_wild_history(made)
        (template / "commits").write_text(str(made._commits))
    for name in (history.work.name, history.store.name):
        shutil.rmtree(history.work.parent / name)
        shutil.copytree(template / name, history.work.parent / name, symlinks=True)
    history._commits = int((template / "commits").read_text())


def _new(folder: Path) -> Path:
    folder.mkdir(parents=True)
    return folder


def merged(history: History, other: str) -> bool:
    """Merge if there is something to merge."""
    if isinstance(history, GitHistory):
        if not history.git("rev-list", "-1", f"HEAD..{other}"):
            return False
    elif isinstance(history, HgHistory) and not history.hg("log", "-r", f"only(branch('{other}') and head(), .)", "-T", "x"):
        return False
    history.merge(other)
    return True


def listed(history: History, *, git: Sequence[str], hg: str) -> list[str]:
    """The published ids that `git log` with these arguments, or `hg log -r` with this query, prints, newest first."""
    if isinstance(history, GitHistory):
        return history.git(f"--git-dir={history.store}", "log", "--format=%H", *git).split()
    assert isinstance(history, HgHistory)
    return history.hg("log", "-r", f"sort({hg}, -rev)", "-T", "{node}\\n", cwd=history.store).split()
