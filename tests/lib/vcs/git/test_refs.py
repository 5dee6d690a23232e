"""The files of refs, and the fingerprint over them."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

import pytest

from kallithea.lib.vcs.backend import Backend
from kallithea.lib.vcs.errors import RepositoryMissing
from kallithea.lib.vcs.git.store import GitStore
from kallithea.lib.vcs.objects import CommitId, RefKind
from tests.contracts.git_history import GitHistory


@pytest.fixture
def published(store: GitStore, client: GitHistory) -> Backend:
    """Two commits on main, the first one tagged."""
    client.commit({"a": b"1"})
    client.tag("v1")
    client.commit({"a": b"2"})
    client.publish()
    return store.open(client.store)


def bare(client: GitHistory, *arguments: str, stdin: bytes | None = None) -> str:
    return client.git("--git-dir", str(client.store), *arguments, stdin=stdin)


def age(folder: Path, seconds: int = 100) -> None:
    """Make every time stamp of the refs old, as if nothing had happened for long."""
    for path in [folder / "HEAD", folder / "packed-refs", folder / "refs", *(folder / "refs").rglob("*")]:
        if path.exists():
            old = path.stat().st_mtime_ns - seconds * 1_000_000_000
            os.utime(path, ns=(old, old))


@pytest.mark.parametrize(
    "move",
    [
        ("update-ref", "refs/heads/main", "main~1"),
        ("update-ref", "refs/heads/deep/er/branch", "main"),
        ("update-ref", "refs/notes/x", "main"),
        ("update-ref", "-d", "refs/tags/v1"),
        ("symbolic-ref", "HEAD", "refs/heads/other"),
    ],
)
def test_every_move_changes_an_old_fingerprint(client: GitHistory, published: Backend, move: tuple[str, ...]) -> None:
    age(client.store)
    before = published.reader.fingerprint()

    bare(client, *move)

    assert published.reader.fingerprint() != before


def test_deep_ref_that_moves_changes_the_fingerprint(client: GitHistory, published: Backend) -> None:
    bare(client, "update-ref", "refs/heads/deep/er/branch", "main")
    age(client.store)
    before = published.reader.fingerprint()

    bare(client, "update-ref", "refs/heads/deep/er/branch", "main~1")

    assert published.reader.fingerprint() != before


def test_updates_within_one_tick_have_different_fingerprints(client: GitHistory, published: Backend) -> None:
    main = client.store / "refs/heads/main"
    ids = [bare(client, "rev-parse", name) for name in ("main", "main~1")]
    stamp = time.time_ns() + 10_000_000_000  # of just now, however slow this machine is
    seen = []
    for object_id in (*ids, *ids):
        main.write_text(object_id + "\n")
        for path in (main, main.parent):
            os.utime(path, ns=(stamp, stamp))
        seen.append(published.reader.fingerprint())

    assert seen[0] != seen[1]


def test_refs_are_the_same_after_packing(client: GitHistory, published: Backend) -> None:
    before = published.reader.refs()

    bare(client, "pack-refs", "--all", "--prune")

    assert published.reader.refs() == before


def test_the_fingerprint_stays_when_refs_rest_and_when_they_are_packed(client: GitHistory, published: Backend) -> None:
    """Else a page would be sent anew although nothing on it changed."""
    bare(client, "update-ref", "refs/heads/new", "main")
    fresh = published.reader.fingerprint()
    age(client.store)
    rested = published.reader.fingerprint()
    bare(client, "pack-refs", "--all", "--prune")
    packed = published.reader.fingerprint()
    age(client.store)

    assert [rested, packed, published.reader.fingerprint()] == [fresh] * 3


def test_loose_ref_wins_over_a_packed_one(client: GitHistory, published: Backend) -> None:
    bare(client, "pack-refs", "--all")
    commit = client.commit({"a": b"3"})
    client.publish()

    assert published.reader.resolve("main").id.hex == commit


def test_packed_ref_that_is_deleted_is_gone(client: GitHistory, published: Backend) -> None:
    bare(client, "pack-refs", "--all")
    published.reader.refs()

    bare(client, "update-ref", "-d", "refs/tags/v1")

    assert published.reader.refs().tags == ()


def test_commits_are_found_after_a_repack_by_another_process(client: GitHistory, published: Backend) -> None:
    heads = [published.reader.resolve("main").id]
    bare(client, "repack", "-adq")
    bare(client, "prune-packed")
    client.commit({"a": b"3"})
    client.publish()
    bare(client, "repack", "-adq")

    assert len(list(published.reader.history([published.reader.resolve("main").id]))) == 3
    assert len(list(published.reader.history(heads))) == 2


def test_tags_of_files_are_left_out(client: GitHistory, published: Backend) -> None:
    blob = bare(client, "hash-object", "-w", "--stdin", stdin=b"x")
    bare(client, "update-ref", "refs/tags/file", blob)
    client.git("fetch", "-q", str(client.store), "refs/tags/file:refs/tags/file")
    client.git("tag", "-a", "-m", "A file", "described", blob)
    client.publish()

    assert [tag.name for tag in published.reader.refs().tags] == ["v1"]


def test_detached_head_is_the_default_ref(client: GitHistory, published: Backend) -> None:
    first = bare(client, "rev-parse", "main~1")
    (client.store / "HEAD").write_text(first + "\n")

    default = published.reader.refs().default

    assert default is not None
    assert (default.kind, default.name, default.target) == (RefKind.OTHER, "HEAD", CommitId(first))


def test_head_that_names_a_missing_branch_has_no_default(client: GitHistory, published: Backend) -> None:
    bare(client, "symbolic-ref", "HEAD", "refs/heads/later")

    refs = published.reader.refs()

    assert (refs.default, refs.default_name) == (None, "later")


def test_symbolic_ref_points_where_its_target_does(client: GitHistory, published: Backend) -> None:
    bare(client, "symbolic-ref", "refs/heads/alias", "refs/heads/main")

    assert published.reader.resolve("alias") == published.reader.resolve("main")


def test_name_that_is_not_utf8_can_be_resolved_as_shown(client: GitHistory, published: Backend) -> None:
    client.git(b"--git-dir=" + os.fsencode(client.store), b"update-ref", b"refs/heads/caf\xe9", b"main")

    shown = published.reader.resolve("caf\N{REPLACEMENT CHARACTER}")

    assert shown == published.reader.resolve("main")


def test_missing_repository_is_named_so(published: Backend) -> None:
    shutil.rmtree(published.path)

    with pytest.raises(RepositoryMissing):
        published.reader.refs()


def test_while_nothing_changed_no_file_of_refs_is_read(published: Backend, client: GitHistory) -> None:
    bare(client, "pack-refs", "--all")
    age(client.store)
    before = published.reader.fingerprint()
    packed = client.store / "packed-refs"
    seen, content = packed.stat(), packed.read_bytes()

    # The same file by all that a stat call tells, with something else in it.
    with packed.open("r+b") as file:
        file.write(b"#" * len(content))
    os.utime(packed, ns=(seen.st_mtime_ns, seen.st_mtime_ns))

    assert published.reader.fingerprint() == before
    os.utime(packed, ns=(seen.st_mtime_ns - 1, seen.st_mtime_ns - 1))
    assert published.reader.fingerprint() != before


def test_what_names_what_is_part_of_the_fingerprint(store: GitStore, client: GitHistory) -> None:
    first, second = client.commit({"a": b"1"}), client.commit({"a": b"2"})
    client.publish()
    reader = store.open(client.store).reader
    found = set()
    for one, other in ((first, second), (second, first), (first, first)):
        bare(client, "update-ref", "--stdin", stdin=f"update refs/tags/a {one}\nupdate refs/tags/b {other}\n".encode())
        found.add(reader.fingerprint())

    assert len(found) == 3
