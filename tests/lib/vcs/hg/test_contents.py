"""Large files of hg come in pieces where hg stores them whole, and are the same bytes always."""

from __future__ import annotations

import random
import tracemalloc

import pytest

from kallithea.lib.vcs.backend import Backend
from kallithea.lib.vcs.hg.contents import SMALL
from kallithea.lib.vcs.objects import CommitId
from kallithea.lib.vcs.paths import FilePath
from tests.contracts.hg_history import HgHistory, run_hg

MEGABYTE = 1 << 20
CONTENTS = {
    "nothing but zeros": bytes(4 * MEGABYTE),
    "nothing to be made smaller": random.Random(1).randbytes(3 * MEGABYTE),
    "text": b"".join(b"%d lines\n" % number for number in range(300_000)),
    "what begins like a note on a copy": b"\1\n" + b"x" * 2 * MEGABYTE,
    "a note on a copy that never ends": b"\1\ncopy: x" + b"y" * 2 * MEGABYTE,
    "a zero, then noise": b"\0" + random.Random(2).randbytes(2 * MEGABYTE),
    "just small enough": b"z" * SMALL,
    "just too large": b"z" * (SMALL + 1),
}


def at(backend: Backend, commit: str, name: bytes = b"file") -> tuple[int, bytes]:
    """The size that is said, and the content."""
    blob = backend.reader.blob(CommitId(commit), FilePath(name))
    return blob.size, b"".join(blob.chunks())


@pytest.mark.parametrize("content", CONTENTS.values(), ids=CONTENTS.keys())
def test_content_is_what_was_committed(history: HgHistory, backend: Backend, content: bytes) -> None:
    first = history.commit({"file": content})
    second = history.commit({"file": content + b"more\n"})
    moved = history.commit(rename=("file", "moved"))
    history.publish()

    assert at(backend, first) == (len(content), content)
    assert at(backend, second) == (len(content) + 5, content + b"more\n")
    assert at(backend, moved, b"moved") == (len(content) + 5, content + b"more\n")


@pytest.mark.parametrize("compression", ["zlib", "none"])
@pytest.mark.parametrize("content", CONTENTS.values(), ids=CONTENTS.keys())
def test_content_is_the_same_however_it_is_packed(
    history: HgHistory, backend: Backend, content: bytes, compression: str
) -> None:
    first = history.commit({"file": content})
    moved = history.commit(rename=("file", "moved"))
    run_hg("init", "--config", f"format.revlog-compression={compression}", str(history.work.parent / "other"), cwd=history.work)
    run_hg("push", str(history.work.parent / "other"), cwd=history.work)
    history.store.rename(history.work.parent / "first store")
    (history.work.parent / "other").rename(history.store)

    assert at(backend, first) == (len(content), content)
    assert at(backend, moved, b"moved") == (len(content), content)


def test_content_is_put_together_of_any_differences(history: HgHistory, backend: Backend) -> None:
    chance = random.Random(5)
    lines = [b"%d %x\n" % (number, chance.getrandbits(80)) for number in range(60_000)]
    commits = []
    for _ in range(12):
        for _ in range(40):
            place = chance.randrange(len(lines))
            lines[place : place + chance.randrange(4)] = [b"new %d\n" % chance.randrange(999)] * chance.randrange(4)
        commits.append((history.commit({"file": b"".join(lines)}), b"".join(lines)))
    history.publish()

    for commit, content in commits:
        assert at(backend, commit) == (len(content), content)
        assert backend.reader.blob(CommitId(commit), FilePath(b"file")).read(1000) == content[:1000]


def test_large_file_takes_little_memory(history: HgHistory, backend: Backend) -> None:
    noise = random.Random(3).randbytes(16 * MEGABYTE - 4)
    history.commit({"zeros": bytes(64 * MEGABYTE), "noise": noise})
    commit = history.commit({"noise": b"more" + noise})
    history.publish()
    backend.reader.commit(CommitId(commit))

    tracemalloc.start()
    try:
        entries = backend.reader.tree(CommitId(commit))
        sizes = [sum(map(len, backend.reader.blob(CommitId(commit), entry.path).chunks())) for entry in entries]
        beginning = backend.reader.blob(CommitId(commit), FilePath(b"zeros")).read(1000)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert [entry.size for entry in entries] == sizes == [16 * MEGABYTE, 64 * MEGABYTE]
    assert beginning == bytes(1000)
    assert most < 6 * MEGABYTE
