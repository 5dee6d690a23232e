"""What is pushed through every server, made once in a run; and a small disk."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clients.histories import empty_working_copy
from tests.deployment.small_disks import mounted
from tests.deployment.story import HISTORY, ONE_BODY, PART, light


@pytest.fixture(name="parts", scope="session")
def parts_of_a_history() -> tuple[bytes, ...]:
    """Files that cannot be compressed, as many as a large history has."""
    source = random.Random(11)
    return tuple(source.randbytes(PART) for _ in range(max(1, HISTORY // PART)))


@pytest.fixture(name="one_pack", scope="session")
def one_large_pack(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, Path]:
    """A push of one very large pack: the command that begins it, and the file of the pack."""
    work = light(empty_working_copy("git", tmp_path_factory.mktemp("pack") / "work"))
    source = random.Random(13)
    for number in range(ONE_BODY // PART + 1):
        (work.folder / f"{number}.bin").write_bytes(source.randbytes(PART))
    work.runs("add", ".")
    work.runs("commit", "--quiet", "--message", "Large")
    work.runs("-c", "pack.compression=0", "pack-objects", "--all", "--quiet", "--window=0", str(work.folder.parent / "all"))
    (pack,) = work.folder.parent.glob("all-*.pack")
    command = f"{'0' * 40} {work.tip()} refs/heads/main\0report-status\n".encode()
    return b"%04x" % (len(command) + 4) + command + b"0000", pack


@pytest.fixture(name="small_disk")
def _small_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder on a file system of its own that is soon full, and has room for a push of 6 MiB three times over."""
    folder = tmp_path / "small"
    folder.mkdir()
    with mounted(folder):
        yield folder
