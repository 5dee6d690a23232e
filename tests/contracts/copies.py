"""What tests of copies share: the real programs, and what lies on the disk."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from kallithea.lib.vcs.backend import Backend
from tests.contracts.hg_history import run_hg
from tests.contracts.histories import History


def git_in(folder: Path, *arguments: str) -> str:
    environment = {"PATH": os.environ["PATH"], "GIT_DIR": str(folder), "GIT_CONFIG_NOSYSTEM": "1", "HOME": "/nonexistent"}
    done = subprocess.run(["git", *arguments], env=environment, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode().strip()


def filled(history: History, commits: int = 6) -> list[str]:
    """Some commits with names, published."""
    ids = [history.commit({f"folder/{number}.txt": os.urandom(3000)}, f"Change {number}") for number in range(commits)]
    history.tag("v1")
    ids.append(history.commit({"side.txt": b"side\n"}, branch="side"))
    history.publish()
    return ids


def names(backend: Backend) -> object:
    refs = backend.reader.refs()
    return refs, backend.reader.resolve("").id


def everything(folder: Path) -> dict[str, tuple[int, int]]:
    """Every file: its number on the disk and how many names it has."""
    return {
        str(path.relative_to(folder)): (path.stat().st_ino, path.stat().st_nlink)
        for path in folder.rglob("*")
        if path.is_file()
    }


def shared(one: Path, other: Path) -> set[str]:
    """The files that both folders have in common on the disk."""
    numbers = {number for number, _ in everything(one).values()}
    return {name for name, (number, _) in everything(other).items() if number in numbers}


def client_verifies(folder: Path) -> None:
    """The real program finds nothing wrong."""
    if (folder / "HEAD").exists():
        git_in(folder, "fsck", "--full", "--strict")
    else:
        run_hg("verify", "-q", cwd=folder)
