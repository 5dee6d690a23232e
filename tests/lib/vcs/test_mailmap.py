"""`.mailmap` is read as the real git reads it, and no file is too much for it."""

from __future__ import annotations

import random
import subprocess
import time
from datetime import datetime, timezone
from pathlib import Path

import pytest

from kallithea.lib.vcs import Signature
from kallithea.lib.vcs.mailmap import MOST_READ, Mailmap

WHEN = datetime(2026, 1, 1, tzinfo=timezone.utc)
PEOPLE = [
    ("Ann", "ann@old.example"),
    ("ann", "ANN@OLD.example"),
    ("Bob", "ann@old.example"),
    ("Bob B", "bob@example"),
    ("root", "root@localhost"),
    ("Ünal", "ü@example"),
    ("Nobody", "unknown@example"),
]
LINES = [
    "Ann Author <ann@old.example>",
    "<ann@new.example> <ann@old.example>",
    "Ann Author <ann@new.example> <ANN@old.example>",
    "Bob <bob@new.example> bob <ann@old.example>",
    "<bob@new.example> Bob B <bob@example>",
    "Robert <bob@example>",
    "# Ann Comment <ann@old.example>",
    " # Ann Blank <ann@old.example>",
    "Ann Rest <ann@old.example> # a remark",
    "Ann Three <a@b> <ann@old.example> <bob@example>",
    "Empty <>",
    "<> <ann@old.example>",
    "Somebody <root@new.example> <root@localhost>",
    "\tTabs\t<root@localhost>\t",
    "Carriage <root@localhost>\r",
    "Ünal Ü <ü@example>",
    "ÜNAL <x@example> ünal <ü@example>",
    "no address",
    "open <ann@old.example",
    "close ann@old.example>",
    "<<ann@old.example>> <bob@example>",
    "a > b <ann@old.example>",
    "",
]


def of_git(folder: Path, content: bytes) -> list[str]:
    """What git says about the people."""
    (folder / "map").write_bytes(content)
    asked = "".join(f"{name} <{email}>\n" for name, email in PEOPLE)
    said = subprocess.run(
        ["git", "-c", f"mailmap.file={folder / 'map'}", "-C", str(folder), "check-mailmap", "--stdin"],
        input=asked.encode(),
        capture_output=True,
        check=True,
    )
    return said.stdout.decode("utf-8", "replace").splitlines()


def of_ours(content: bytes) -> list[str]:
    mailmap = Mailmap(content)
    found = [mailmap.proper(Signature(name, email, WHEN)) for name, email in PEOPLE]
    return [f"{signature.name} <{signature.email}>" for signature in found]


@pytest.fixture(name="folder", scope="module")
def _folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("mailmap")
    subprocess.run(["git", "init", "-q", str(folder)], check=True)
    return folder


@pytest.mark.parametrize("line", LINES)
def test_a_line_means_what_git_says(folder: Path, line: str) -> None:
    assert of_ours(f"{line}\n".encode()) == of_git(folder, f"{line}\n".encode())


@pytest.mark.parametrize("seed", range(40))
def test_lines_together_mean_what_git_says(folder: Path, seed: int) -> None:
    content = "\n".join(random.Random(seed).choices(LINES, k=8)).encode()

    assert of_ours(content) == of_git(folder, content)


@pytest.mark.parametrize(
    "content", [b"", b"\0", b"A\0B <ann@old.example>\n", b"\xff <ann@old.example>\n", b"A <ann@old.example>\n\0B <bob@example>"]
)
def test_odd_bytes_mean_what_git_says(folder: Path, content: bytes) -> None:
    assert of_ours(content) == of_git(folder, content)


@pytest.mark.parametrize(
    "content",
    [
        b"<" * MOST_READ,
        b"<>" * (MOST_READ // 2),
        b">" * MOST_READ,
        b"\n" * MOST_READ,
        b"<a>\n" * (MOST_READ // 4),
        b" " * MOST_READ,
    ],
    ids=lambda content: content[:4],
)
def test_no_file_is_slow(content: bytes) -> None:
    began = time.process_time()

    Mailmap(content)

    assert time.process_time() - began < 1.0
