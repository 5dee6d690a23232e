"""Working copies of the real `git` and `hg`, and how their commands ended."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

HG = str(Path(sys.executable).parent / "hg")
PATIENCE = 600


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a command ended, and all that it printed."""

    status: int
    text: str

    @property
    def worked(self) -> bool:
        return self.status == 0

    def refused_with(self, status: str) -> bool:
        """Whether the client failed and named this HTTP status."""
        return self.status != 0 and (f"error: {status}" in self.text or f"HTTP Error {status}" in self.text)

    def says(self, sentence: str) -> bool:
        return sentence in self.text


def environment(home: Path) -> dict[str, str]:
    """Nobody's settings, and nobody to ask for a password."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "HG", "LC_", "XDG_"))}
    return {
        **kept,
        "HOME": str(home),
        "LC_ALL": "C",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_AUTHOR_NAME": "Ann Author",
        "GIT_AUTHOR_EMAIL": "ann@example.com",
        "GIT_COMMITTER_NAME": "Ann Author",
        "GIT_COMMITTER_EMAIL": "ann@example.com",
        "HGRCPATH": "",
        "HGPLAIN": "1",
        "HGENCODING": "utf-8",
        "HGUSER": "Ann Author <ann@example.com>",
    }


def run(*command: str, cwd: Path, more: Mapping[str, str] | None = None, stdin: bytes = b"") -> Outcome:
    """Run a client to its end."""
    done = subprocess.run(
        command,
        cwd=cwd,
        env={**environment(cwd), **(more or {})},
        input=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=PATIENCE,
        check=False,
    )
    return Outcome(done.returncode, done.stdout.decode("utf-8", "replace"))


@dataclass
class Work:
    """A working copy; `remote` is the address that it pushes to."""

    folder: Path
    remote: str
    more: dict[str, str] = field(default_factory=dict)

    def tries(self, *arguments: str, stdin: bytes = b"") -> Outcome:
        """Run the client; what came of it."""
        return run(*self.client(), *arguments, cwd=self.folder, more=self.more, stdin=stdin)

    def runs(self, *arguments: str, stdin: bytes = b"") -> str:
        """Run the client, which has to work; what it printed."""
        outcome = self.tries(*arguments, stdin=stdin)
        assert outcome.worked, f"{arguments} ended with {outcome.status}: {outcome.text}"
        return outcome.text

    def client(self) -> tuple[str, ...]:
        raise NotImplementedError

    def commit(self, name: str, content: str | bytes | None = None, message: str = "A change") -> Work:
        """Write a file and commit it."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        data = f"{name}\n" if content is None else content
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        self.record(name, message)
        return self

    def record(self, name: str, message: str) -> None:
        raise NotImplementedError

    def push(self, *arguments: str) -> Outcome:
        raise NotImplementedError

    def pull(self) -> Outcome:
        raise NotImplementedError

    def heads(self) -> list[str]:
        """The commits of all branches that came from the server, sorted."""
        raise NotImplementedError

    def tip(self) -> str:
        """The commit that is checked out."""
        raise NotImplementedError

    def verify(self) -> Outcome:
        raise NotImplementedError


class GitWork(Work):
    def client(self) -> tuple[str, ...]:
        return ("git",)

    def record(self, name: str, message: str) -> None:
        self.runs("add", "--", name)
        self.runs("commit", "--quiet", "--message", message)

    def push(self, *arguments: str) -> Outcome:
        return self.tries("push", *(arguments or ("origin", "HEAD")))

    def pull(self) -> Outcome:
        return self.tries("fetch", "--prune", "origin")

    def heads(self) -> list[str]:
        return sorted(set(self.runs("for-each-ref", "--format=%(objectname)", "refs/remotes/origin/", "refs/tags/").split()))

    def tip(self) -> str:
        return self.runs("rev-parse", "HEAD").strip()

    def verify(self) -> Outcome:
        return self.tries("fsck", "--full", "--strict")


class HgWork(Work):
    def client(self) -> tuple[str, ...]:
        return (HG,)

    def record(self, name: str, message: str) -> None:
        self.runs("addremove", "--quiet", name)
        self.runs("commit", "--message", message)

    def push(self, *arguments: str) -> Outcome:
        return self.tries("push", "--new-branch", *arguments)

    def pull(self) -> Outcome:
        return self.tries("pull")

    def heads(self) -> list[str]:
        return sorted(self.runs("heads", "--closed", "--topo", "--template", "{node}\n").split())

    def tip(self) -> str:
        return self.runs("log", "--rev", ".", "--template", "{node}")

    def verify(self) -> Outcome:
        return self.tries("verify")


def clone(kind: str, address: str, folder: Path, *arguments: str, more: dict[str, str] | None = None) -> tuple[Outcome, Work]:
    """Clone into a new folder with the client of that kind."""
    client = {"git": "git", "hg": HG}[kind]
    outcome = run(client, "clone", *arguments, address, str(folder), cwd=folder.parent, more=more)
    return outcome, {"git": GitWork, "hg": HgWork}[kind](folder, address, more or {})
