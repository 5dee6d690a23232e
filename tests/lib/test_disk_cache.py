"""Files kept on disk: whole or not at all, for nobody else to see, the least recently used go first, and no disk is needed."""

from __future__ import annotations

import errno
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from pathlib import Path

import pytest

from kallithea.lib.cache import SizedCache
from kallithea.lib.disk_cache import BegunFile, DiskCache
from kallithea.lib.shared_cache import LARGEST_FILE, DiskRemote, SharedCache

SECRET = "0123456789abcdef"


def process(folder: Path, *, secret: str = SECRET, most_bytes: int = 1 << 20) -> SharedCache[bytes]:
    """The cache as a process has it that was started just now."""
    remote = DiskRemote(folder, most_bytes)
    return SharedCache(SizedCache[bytes](1 << 20), remote, secret=secret, pack=bytes, unpack=bytes, size=len)


def put(cache: DiskCache, key: str, content: bytes) -> None:
    with cache.writing(key) as file:
        file.write(content)


def is_kept(cache: DiskCache, key: str) -> bool:
    with cache.open(key) or nullcontext() as file:
        return file is not None


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_what_a_process_kept_is_there_for_the_next_one(tmp_path: Path) -> None:
    process(tmp_path).put("key", b"content", 7)

    assert process(tmp_path).get("key") == b"content"


def test_nobody_else_on_the_machine_can_read_it(tmp_path: Path) -> None:
    folder = tmp_path / "pages"
    process(folder).put("key", b"content", 7)

    assert {stat.S_IMODE(path.stat().st_mode) for path in files(folder)} == {0o600}
    assert {stat.S_IMODE(path.stat().st_mode) for path in (folder, *folder.iterdir())} == {0o700}


@pytest.mark.parametrize("harm", [b"", b"x", b"x" * 500], ids=["empty", "one byte", "noise"])
def test_a_broken_file_is_not_used_and_replaced(tmp_path: Path, harm: bytes) -> None:
    process(tmp_path).put("key", b"content", 7)
    [file] = files(tmp_path)
    file.write_bytes(harm)

    assert process(tmp_path).get("key") is None
    process(tmp_path).put("key", b"content", 7)
    assert process(tmp_path).get("key") == b"content"


def test_a_file_that_was_cut_off_is_not_used(tmp_path: Path) -> None:
    process(tmp_path).put("key", b"content" * 100, 700)
    [file] = files(tmp_path)
    file.write_bytes(file.read_bytes()[:-1])

    assert process(tmp_path).get("key") is None


def test_a_file_under_another_name_is_not_used(tmp_path: Path) -> None:
    cache = process(tmp_path)
    cache.put("private", b"secret", 6)
    [private] = files(tmp_path)
    cache.put("public", b"open", 4)
    [public] = {*files(tmp_path)} - {private}

    private.replace(public)

    assert process(tmp_path).get("public") is None


def test_another_instance_cannot_use_it(tmp_path: Path) -> None:
    process(tmp_path).put("key", b"content", 7)

    assert process(tmp_path, secret="another secret 16").get("key") is None


def test_what_is_too_large_is_not_written(tmp_path: Path) -> None:
    process(tmp_path).put("key", bytes(LARGEST_FILE + 1), LARGEST_FILE + 1)

    assert files(tmp_path) == []


def test_many_who_write_the_same_leave_one_whole_file(tmp_path: Path) -> None:
    contents = [bytes([number]) * 100_000 for number in range(16)]
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda content: process(tmp_path).put("key", content, 1), contents))

    assert process(tmp_path).get("key") in contents
    assert len(files(tmp_path)) == 1


def test_the_least_recently_used_go_first(tmp_path: Path) -> None:
    cache = DiskCache(tmp_path, 10_000)
    for number in range(10):
        put(cache, f"old{number}", bytes(900))
    for number, path in enumerate(files(tmp_path)):
        os.utime(path, (1000 + number, 1000 + number))
    assert is_kept(cache, "old3")

    for number in range(6):
        put(cache, f"new{number}", bytes(900))

    assert sum(path.stat().st_size for path in files(tmp_path)) <= 11_000
    assert is_kept(cache, "old3")
    assert is_kept(cache, "new5")


def test_a_folder_that_cannot_be_made_costs_nothing_but_time(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    cache = process(tmp_path / "file" / "pages")

    cache.put("key", b"content", 7)

    assert cache.get("key") == b"content"
    assert process(tmp_path / "file" / "pages").get("key") is None


def test_a_full_disk_costs_nothing_but_time(tmp_path: Path) -> None:
    class Full:
        def write(self, content: bytes) -> int:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(len(content)))

    file = BegunFile(Full())  # type: ignore[arg-type] # as much of a file as is asked for

    file.write(b"content")

    assert file.is_abandoned
    assert files(tmp_path) == []
