"""What only git repositories have, and what real ones do to a reader."""

from __future__ import annotations

import os
import subprocess
import threading
from pathlib import Path

import pytest

from kallithea.lib.vcs.backend import Backend
from kallithea.lib.vcs.diffs import DiffOptions
from kallithea.lib.vcs.errors import CommitNotFound, PathNotFound
from kallithea.lib.vcs.git.contents import IN_PROCESS
from kallithea.lib.vcs.git.object_pool import WAITING_STORES
from kallithea.lib.vcs.git.store import GitStore
from kallithea.lib.vcs.objects import CommitId, EntryKind
from kallithea.lib.vcs.paths import ROOT, FilePath
from tests.contracts.git_history import GitHistory


@pytest.fixture
def reading(store: GitStore, client: GitHistory) -> Backend:
    return store.open(client.store)


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_submodule_without_a_gitmodules_file_shows_its_commit(reading: Backend, client: GitHistory) -> None:
    client.git("update-index", "--add", "--cacheinfo", f"160000,{'a' * 40},lib/sub")
    client.git("commit", "-q", "-m", "Submodule")
    client.publish()

    [entry] = reading.reader.tree(reading.reader.resolve("").id, FilePath(b"lib"))

    assert (entry.kind, entry.id, entry.target, entry.size) == (EntryKind.SUBMODULE, "a" * 40, None, None)


@pytest.mark.parametrize(
    ("text", "source"),
    [
        (b'[submodule "x"]\n\tpath = lib/sub\n\turl = https://example.com/a?b=1\n', "https://example.com/a?b=1"),
        (b'[submodule "x"]\n\tpath = "lib/sub"\n\turl = "../gr\xc3\xbc\xc3\x9fe.git"\n', "../grüße.git"),
        (b'[include]\n\tpath = /etc/passwd\n[submodule "x"]\n\tpath = lib/sub\n\turl = a\n', "a"),
        (b'[submodule "x"]\n\tpath = other\n\turl = a\n', None),
        (b"[submodule", None),
        (b"\0\xff[[[", None),
    ],
)
def test_source_of_a_submodule_is_that_of_its_own_commit(
    reading: Backend, client: GitHistory, text: bytes, source: str | None
) -> None:
    client.git("update-index", "--add", "--cacheinfo", f"160000,{'a' * 40},lib/sub")
    client.git("commit", "-q", "-m", "Submodule")
    before = client.git("rev-parse", "HEAD")
    (client.work / ".gitmodules").write_bytes(text)
    client.git("add", ".gitmodules")
    client.git("commit", "-q", "-m", "Its source")
    client.publish()
    place, reader = FilePath(b"lib/sub"), reading.reader
    tip = reader.resolve("").id

    seen = [*reader.tree(tip, place.parent), reader.entry(tip, place)]

    assert [entry.target for entry in seen] == [source, source]
    assert reader.entry(CommitId(before), place).target is None
    assert [entry.target for entry in reader.tree(CommitId(before), place.parent)] == [None]


def test_submodule_is_a_short_change(reading: Backend, client: GitHistory) -> None:
    client.git("update-index", "--add", "--cacheinfo", f"160000,{'a' * 40},sub")
    client.git("commit", "-q", "-m", "Submodule")
    client.publish()

    [file] = reading.reader.diff(None, reading.reader.resolve("").id).files

    assert (file.new_mode, [line.content for line in file.hunks[0].lines]) == ("160000", [b"Subproject commit " + b"a" * 40])


def test_submodule_is_no_file(reading: Backend, client: GitHistory) -> None:
    client.git("update-index", "--add", "--cacheinfo", f"160000,{'a' * 40},sub")
    client.git("commit", "-q", "-m", "Submodule")
    client.publish()

    with pytest.raises(PathNotFound):
        reading.reader.blob(reading.reader.resolve("").id, FilePath(b"sub"))


@pytest.mark.parametrize("size", [0, 1, IN_PROCESS, IN_PROCESS + 1, 5_000_000])
def test_file_of_any_size_is_whole(reading: Backend, client: GitHistory, size: int) -> None:
    content = os.urandom(size)
    client.commit({"file": content})
    client.publish()

    blob = reading.reader.blob(reading.reader.resolve("").id, FilePath(b"file"))

    assert (blob.size, b"".join(blob.chunks())) == (size, content)


def test_large_file_comes_in_pieces(reading: Backend, client: GitHistory) -> None:
    client.commit({"file": os.urandom(5_000_000)})
    client.publish()

    blob = reading.reader.blob(reading.reader.resolve("").id, FilePath(b"file"))

    assert max(len(chunk) for chunk in blob.chunks()) <= 1 << 16


def test_only_the_beginning_of_a_large_file_can_be_read(reading: Backend, client: GitHistory) -> None:
    content = os.urandom(5_000_000)
    client.commit({"file": content})
    client.publish()

    assert reading.reader.blob(reading.reader.resolve("").id, FilePath(b"file")).read(10) == content[:10]


def test_names_that_are_not_utf8_are_listed_as_they_are(reading: Backend, client: GitHistory) -> None:
    (client.work / os.fsdecode(b"caf\xe9")).write_bytes(b"x")
    client.commit({"z": b""})
    client.publish()

    assert [entry.path.raw for entry in reading.reader.tree(reading.reader.resolve("").id)] == [b"caf\xe9", b"z"]


def test_names_that_are_not_utf8_have_a_history_and_a_difference(reading: Backend, client: GitHistory) -> None:
    (client.work / os.fsdecode(b"caf\xe9")).write_bytes(b"x\n")
    commit = CommitId(client.commit())
    client.commit({"z": b""})
    client.publish()

    found = list(reading.reader.history([reading.reader.resolve("").id], path=FilePath(b"caf\xe9")))
    [file] = reading.reader.diff(None, commit, DiffOptions()).files

    assert ([each.id for each in found], file.new_path.raw, len(file.hunks)) == ([commit], b"caf\xe9", 1)


def test_tag_of_a_tag_is_its_commit(reading: Backend, client: GitHistory) -> None:
    commit = client.commit({"a": b"1"})
    client.tag("inner")
    client.git("tag", "-a", "-m", "outer", "outer", "inner")
    client.publish()

    assert reading.reader.resolve("outer").id.hex == commit


def test_id_of_a_tag_object_is_its_commit(reading: Backend, client: GitHistory) -> None:
    commit = client.commit({"a": b"1"})
    client.tag("v1")
    client.publish()

    assert reading.reader.resolve(client.git("rev-parse", "v1")).id.hex == commit


def test_id_of_a_file_is_no_commit(reading: Backend, client: GitHistory) -> None:
    client.commit({"a": b"1"})
    client.publish()

    with pytest.raises(CommitNotFound):
        reading.reader.resolve(client.git("rev-parse", "HEAD:a"))


def test_root_is_a_folder(reading: Backend, client: GitHistory) -> None:
    client.commit({"a": b"1"})
    client.publish()

    assert reading.reader.entry(reading.reader.resolve("").id, ROOT).kind is EntryKind.FOLDER


@pytest.mark.parametrize("path", [b"a/b", b"/a", b"a/", b"nothing", b"..", b"a\0b"])
def test_path_that_is_not_there_is_refused(reading: Backend, client: GitHistory, path: bytes) -> None:
    client.commit({"a": b"1"})
    client.publish()

    with pytest.raises(PathNotFound):
        reading.reader.entry(reading.reader.resolve("").id, FilePath(path))


def test_walks_and_comparisons_left_early_leave_nothing_open(reading: Backend, client: GitHistory) -> None:
    for number in range(5):
        client.commit({"a": b"%d\n" % number * 60_000})
    client.publish()
    head = reading.reader.resolve("").id
    reading.reader.diff(None, head)
    before = descriptors()

    for _ in range(5):
        walk = reading.reader.history([head], path=FilePath(b"a"))
        next(walk)
        walk.close()  # type: ignore[attr-defined]  # the walk is a generator
        reading.reader.diff(None, head, DiffOptions(cut_off=10))
        chunks = reading.reader.blob(head, FilePath(b"a")).chunks()
        next(chunks)
        del chunks

    assert descriptors() == before


def test_threads_read_at_the_same_time(reading: Backend, client: GitHistory, store: GitStore) -> None:
    for number in range(20):
        client.commit({"a": b"%d\n" % number})
    client.publish()
    client.git("--git-dir", str(client.store), "repack", "-adq")
    found: list[int] = []

    def read() -> None:
        reader = store.open(client.store).reader
        found.append(len([reader.tree(commit.id) for commit in reader.history([reader.resolve("").id])]))

    threads = [threading.Thread(target=read) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert found == [20] * 6


def test_many_repositories_keep_few_descriptors_open(store: GitStore, client: GitHistory, tmp_path: Path) -> None:
    client.commit({"a": b"1"})
    client.publish()
    client.git("--git-dir", str(client.store), "repack", "-adq")
    before = descriptors()

    for number in range(30):
        copy = tmp_path / f"copy{number}.git"
        subprocess.run(["cp", "-r", str(client.store), str(copy)], check=True)
        store.open(copy).reader.resolve("main")

    assert descriptors() - before <= WAITING_STORES * 4  # a pack and its index, each opened and mapped


def test_threads_that_read_in_turn_share_what_is_open(reading: Backend, client: GitHistory) -> None:
    client.commit({"a": b"1"})
    client.publish()
    client.git("--git-dir", str(client.store), "repack", "-adq")
    end = threading.Event()
    reading.reader.resolve("main")
    before = descriptors()

    def read(done: threading.Event) -> None:
        reading.reader.resolve("main")
        done.set()
        end.wait(60)

    threads = []
    for _ in range(20):
        done = threading.Event()
        threads.append(threading.Thread(target=read, args=[done]))
        threads[-1].start()
        assert done.wait(60)
    opened = descriptors()
    end.set()
    for thread in threads:
        thread.join()

    assert opened == before


def test_sha256_repository_is_read(store: GitStore, tmp_path: Path, client: GitHistory) -> None:
    work = tmp_path / "work256"
    run = {"cwd": work, "env": client.environment(), "check": True}
    subprocess.run(
        ["git", "init", "-q", "-b", "main", "--object-format=sha256", str(work)], check=True, env=client.environment()
    )
    (work / "a").write_bytes(b"1\n")
    subprocess.run(["git", "add", "a"], **run)  # type: ignore[call-overload]  # keywords of several types
    subprocess.run(["git", "-c", "user.name=A", "-c", "user.email=a@b", "commit", "-q", "-m", "x"], **run)  # type: ignore[call-overload]  # likewise
    reader = store.open(work / ".git").reader

    commit = reader.resolve("main")

    assert (len(commit.id.hex), reader.tree(commit.id)[0].size, reader.diff(None, commit.id).files[0].added) == (64, 2, 1)
