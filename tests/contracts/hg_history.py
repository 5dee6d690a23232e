"""Histories made by the real `hg`."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from tests.contracts.hg_server import HgServer

HG = str(Path(sys.executable).parent / "hg")
AUTHOR = "Ann Author <ann@example.com>"
FIRST_SECOND = 1577869200  # 2020-01-01 10:00 +0100
SERVED = frozenset(
    (
        "add",
        "addremove",
        "annotate",
        "bookmark",
        "bookmarks",
        "branch",
        "branches",
        "cat",
        "commit",
        "diff",
        "files",
        "init",
        "log",
        "manifest",
        "merge",
        "move",
        "phase",
        "push",
        "tag",
        "update",
    )
)
"""Commands that do the same in a process that goes on, which spares its start for each."""
ZONE = "-3600"  # hg counts seconds west of UTC


class HgHistory:
    """A working copy driven by the `hg` beside this Python, and a repository without a working copy to publish to."""

    kind = "hg"

    def __init__(self, folder: Path) -> None:
        self.work = folder / "work"
        self.store = folder / "store"
        self._commits = 0
        self.hg("init", str(self.work), cwd=folder)
        self.hg("init", str(self.store), cwd=folder)

    def hg(self, *arguments: str, cwd: Path | None = None) -> str:
        """Run hg in the working copy; what it printed."""
        return run_hg(*arguments, cwd=cwd or self.work)

    def commit(
        self,
        files: Mapping[str, bytes | None] | None = None,
        message: str = "A change",
        *,
        branch: str | None = None,
        author: str | None = None,
        rename: tuple[str, str] | None = None,
        executable: str | None = None,
        symlink: tuple[str, str] | None = None,
    ) -> str:
        if branch is not None:
            self.switch(branch)
        for name, content in (files or {}).items():
            self._write(name, content)
        if rename is not None:
            self.hg("add")
            self.hg("move", "--", *rename)
        if symlink is not None:
            name, target = symlink
            (self.work / name).parent.mkdir(parents=True, exist_ok=True)
            (self.work / name).symlink_to(target)
        if executable is not None:
            (self.work / executable).chmod(0o755)
        self.hg("addremove", "--similarity", "0")
        return self._record(message, author or AUTHOR)

    def merge(self, branch: str, message: str = "Merge") -> str:
        self.hg("merge", "--tool", ":local", "--rev", f"branch({_quoted(branch)}) and head()")
        return self._record(message, AUTHOR)

    def tag(self, name: str) -> None:
        self._commits += 1
        self.hg("tag", "--date", self._date(), "--user", AUTHOR, "--", name)

    def switch(self, branch: str) -> None:
        known = self.hg("branches", "--closed", "--template", "{branch}\\n").splitlines()
        if branch in known:
            self.hg("update", "--rev", f"last(branch({_quoted(branch)}))")
        else:
            self.hg("branch", branch)

    def publish(self) -> None:
        marks = self.hg("bookmarks", "--template", "{bookmark}\\n").splitlines()
        self.push(str(self.store), "--force", "--new-branch", *(f"--bookmark={mark}" for mark in marks))

    def push(self, *arguments: str) -> str:
        """Push; that there were no commits to push (exit code 1) is no mistake, there may have been bookmarks."""
        return run_hg("push", *arguments, cwd=self.work, expected=(0, 1))

    def bookmark(self, name: str, revision: str = "tip") -> None:
        """Put a bookmark, here and with the next publish() of it."""
        self.hg("bookmark", "--force", "--rev", revision, name)

    def _record(self, message: str, author: str) -> str:
        self._commits += 1
        self.hg("commit", "--message", message, "--user", author, "--date", self._date())
        return self.hg("log", "--rev", ".", "--template", "{node}")

    def _date(self) -> str:
        return f"{FIRST_SECOND + 60 * self._commits} {ZONE}"

    def _write(self, name: str, content: bytes | None) -> None:
        path = self.work / name
        if content is None:
            path.unlink()
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def hg_environment() -> dict[str, str]:
    """Without anybody's settings, but with those of the repository in which hg runs."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HG")}
    return {**kept, "HGPLAIN": "1", "HGRCPATH": "", "HGENCODING": "utf-8"}


def run_hg(*arguments: str, cwd: Path, expected: tuple[int, ...] = (0,)) -> str:
    """Run the real hg; what it printed."""
    code, printed, complaints = _run(arguments, cwd)
    if code not in expected:
        text = (printed + complaints).decode("utf-8", "replace")
        raise AssertionError(f"hg {' '.join(arguments)} gave {code}: {text}")
    return printed.decode("utf-8", "surrogateescape")


def _run(arguments: tuple[str, ...], cwd: Path) -> tuple[int, bytes, bytes]:
    if _is_served(arguments, cwd):
        return _server().run(arguments, cwd)
    done = subprocess.run([HG, *arguments], cwd=cwd, env=hg_environment(), capture_output=True, check=False)
    return done.returncode, done.stdout, done.stderr


def _is_served(arguments: tuple[str, ...], cwd: Path) -> bool:
    """Not what goes over the network: that is to be as it is for everybody."""
    if arguments[0] not in SERVED or any("://" in word for word in arguments):
        return False
    # A repository with settings of its own may load extensions, which would stay for others.
    repositories = (cwd, *(Path(word) for word in arguments if word.startswith("/")))
    return not any((repository / ".hg" / "hgrc").exists() for repository in repositories)


@lru_cache(maxsize=1)
def _server() -> HgServer:
    return HgServer(HG, hg_environment())


def _quoted(name: str) -> str:
    return f"'{name}'"
