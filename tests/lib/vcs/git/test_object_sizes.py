"""Sizes of contents are read from what is stored, however it is stored, and git is started only for what is not told there."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from dulwich.object_format import OBJECT_FORMATS
from dulwich.object_store import DiskObjectStore

from kallithea.lib.vcs.git.object_sizes import sizes_in
from kallithea.lib.vcs.git.store import GitStore
from kallithea.lib.vcs.paths import ROOT, FilePath
from tests.contracts.git_history import GitHistory


def git(folder: Path, *arguments: str, said: str = "") -> str:
    command = ["git", "-C", str(folder), "-c", "user.name=A", "-c", "user.email=a@example.com", *arguments]
    return subprocess.run(command, input=said, check=True, capture_output=True, text=True).stdout


def write_versions(folder: Path) -> None:
    """Contents of all lengths of numbers, and one that grows a little each time, which git keeps as differences."""
    for number, length in enumerate((0, 1, 15, 16, 127, 128, 2047, 2048, 300_000)):
        (folder / f"file{number}").write_text("".join(chr(97 + at * at % 23) for at in range(length)))
    for version in range(12):
        (folder / "grows").write_text("".join(f"line {line * 7919 % 1000}\n" for line in range(400 + version)))
        git(folder, "add", "--all")
        git(folder, "commit", "--quiet", "--message", f"version {version}")


@pytest.mark.parametrize("object_format", ["sha1", "sha256"])
@pytest.mark.parametrize("base", ["true", "false"])
def test_sizes_are_those_that_git_tells(tmp_path: Path, object_format: str, base: str) -> None:
    git(tmp_path, "init", "--quiet", f"--object-format={object_format}")
    write_versions(tmp_path)
    told = git(tmp_path, "cat-file", "--batch-all-objects", "--batch-check=%(objectname) %(objectsize)").splitlines()
    sizes = {object_id: int(size) for object_id, size in (line.split() for line in told)}
    folder = tmp_path / ".git"

    def found() -> dict[str, int]:
        store = DiskObjectStore(folder / "objects", object_format=OBJECT_FORMATS[object_format])
        try:
            return sizes_in(store, folder, [*sizes, "0" * len(next(iter(sizes)))])
        finally:
            store.close()

    assert found() == sizes, "each in a file"
    git(tmp_path, "-c", f"repack.useDeltaBaseOffset={base}", "repack", "-a", "-d", "-f", "--quiet")
    deltas = git(tmp_path, "cat-file", "--batch-all-objects", "--batch-check=%(deltabase)").split()
    assert any(set(delta) != {"0"} for delta in deltas)
    assert found() == sizes, "in a pack"


def test_what_is_damaged_has_no_size_here(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet")
    contents = [git(tmp_path, "hash-object", "-w", "--stdin", said=said).strip() for said in ("one", "two", "three", "four")]
    files = [tmp_path / ".git/objects" / found[:2] / found[2:] for found in contents]
    for file, raw in zip(files, (b"", b"no zlib", files[2].read_bytes()[:3]), strict=False):
        file.chmod(0o644)
        file.write_bytes(raw)
    store = DiskObjectStore(tmp_path / ".git/objects")

    found = sizes_in(store, tmp_path / ".git", contents)

    store.close()
    assert found == {contents[3]: 4}


@pytest.fixture
def starts(tmp_path: Path) -> Path:
    """A git that leaves a line in a file each time it is started, in a folder beside that file."""
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "git"
    program.write_text(f'#!/bin/sh\necho "$2" >> {tmp_path}/bin/starts\nexec {shutil.which("git")} "$@"\n')
    program.chmod(0o755)
    (tmp_path / "bin" / "starts").touch()
    return tmp_path / "bin" / "starts"


def test_what_is_in_a_folder_and_in_a_file_is_read_without_a_git(tmp_path: Path, client: GitHistory, starts: Path) -> None:
    write_versions(client.work)
    client.publish()
    store = GitStore(tmp_path / "cache", str(starts.with_name("git")))
    reader = store.open(client.store).reader
    tip = reader.resolve("").id

    blob = reader.blob(tip, FilePath(b"grows"))
    entries = reader.tree(tip, ROOT)

    assert len(blob.read(blob.size + 1)) == blob.size
    assert {entry.size for entry in entries} >= {0, 300_000, blob.size}
    store.close()
    assert starts.read_text() == ""


def test_sizes_are_told_after_a_repack_that_took_the_pack_away(tmp_path: Path, client: GitHistory) -> None:
    write_versions(client.work)
    client.publish()
    git(client.store, "repack", "-a", "-d", "--quiet")
    store = GitStore(tmp_path / "cache")
    reader = store.open(client.store).reader
    tip = reader.resolve("").id

    git(client.store, "repack", "-a", "-d", "-f", "--quiet", "--depth=1")
    git(client.store, "-c", "pack.packSizeLimit=1m", "repack", "-a", "-d", "-f", "--quiet")

    assert reader.blob(tip, FilePath(b"file8")).size == 300_000
    store.close()
