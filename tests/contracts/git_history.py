"""Makes histories with the real `git` command."""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from tests.contracts.histories import History

START = 1_577_869_200  # 2020-01-01 10:00 +0100


class GitHistory:
    """A git working copy, and the bare repository that it is pushed to."""

    kind = "git"

    def __init__(self, folder: Path) -> None:
        self.work = folder / "work"
        self.store = folder / "store.git"
        self._commits = 0
        self._home = folder
        shutil.copytree(_new(), folder, dirs_exist_ok=True)

    def environment(self) -> dict[str, str]:
        """What git needs and nothing of the person who runs the tests; commits happen at the next fixed time."""
        when = f"{START + 60 * self._commits} +0100"
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self._home),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_AUTHOR_DATE": when,
            "GIT_COMMITTER_DATE": when,
            "GIT_ALLOW_PROTOCOL": "file:http",
            "LC_ALL": "C.UTF-8",
        }

    def git(self, *arguments: str | bytes, stdin: bytes | None = None) -> str:
        """Run git in the working copy; what it prints."""
        done = subprocess.run(
            ["git", *arguments], cwd=self.work, env=self.environment(), input=stdin, capture_output=True, check=False
        )
        assert done.returncode == 0, done.stderr.decode("utf-8", "replace")
        return done.stdout.decode("utf-8", "replace").strip()

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
            self._switch_or_make(branch)
        for name, content in (files or {}).items():
            self._put(name, content)
        if rename:
            (self.work / rename[1]).parent.mkdir(parents=True, exist_ok=True)
            self.git("mv", *rename)
        if executable:
            (self.work / executable).chmod(0o755)
        if symlink:
            (self.work / symlink[0]).symlink_to(symlink[1])
        self.git("add", "--all")
        self._commits += 1
        self.git("commit", "-q", "--allow-empty", "-m", message, *(["--author", author] if author else []))
        return self._tip()

    def merge(self, branch: str, message: str = "Merge") -> str:
        self._commits += 1
        self.git("merge", "-q", "--no-ff", "-m", message, branch)
        return self._tip()

    def tag(self, name: str) -> None:
        self.git("tag", "-m", f"Tag {name}", name)

    def switch(self, branch: str) -> None:
        self.git("checkout", "-q", branch, "--")

    def publish(self) -> None:
        self.git("push", "-q", "--force", str(self.store), "refs/heads/*:refs/heads/*", "refs/tags/*:refs/tags/*")

    def _tip(self) -> str:
        """The commit that was made last, as git has just written it."""
        head = (self.work / ".git" / "HEAD").read_text().strip()
        return (self.work / ".git" / head.removeprefix("ref: ")).read_text().strip() if head.startswith("ref: ") else head

    def _switch_or_make(self, branch: str) -> None:
        known = self.git("branch", "--list", "--format=%(refname:short)").splitlines()
        if branch in known:
            self.switch(branch)
        else:
            self.git("checkout", "-q", "-b", branch)

    def _put(self, name: str, content: bytes | None) -> None:
        path = self.work / name
        if content is None:
            path.unlink()
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


@lru_cache(maxsize=1)
def _new() -> Path:
    """A folder with what git makes of nothing; it is removed when the process ends."""
    folder = Path(tempfile.mkdtemp(prefix="kallithea-git-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1"}
    work, store = ("-q", "--template=", "-b", "main", "work"), ("-q", "--template=", "-b", "main", "--bare", "store.git")
    settings = {"user.name": "Ann Author", "user.email": "ann@example.com", "maintenance.auto": "false"}
    commands = [("init", *work), ("init", *store), *(("-C", "work", "config", *setting) for setting in settings.items())]
    for command in commands:
        subprocess.run(["git", *command], cwd=folder, env=environment, check=True)
    return folder


def make_history(folder: Path) -> History:
    return GitHistory(folder)
