"""Revisions packed, against what `git archive` and `hg archive` pack."""

from __future__ import annotations

import io
import subprocess
import tarfile
import zipfile
from pathlib import Path

import pytest

from kallithea.lib.vcs.archives import ArchiveFormat
from kallithea.lib.vcs.backend import Backend, Store
from kallithea.lib.vcs.errors import PathNotFound
from kallithea.lib.vcs.objects import CommitId
from kallithea.lib.vcs.paths import ROOT, FilePath
from kallithea.lib.vcs.zstandard import zstandard
from tests.browser.histories import Story, write
from tests.contracts.git_history import GitHistory
from tests.contracts.hg_history import HgHistory
from tests.contracts.histories import History

MODES = {ArchiveFormat.TAR: "r:", ArchiveFormat.TAR_GZ: "r:gz", ArchiveFormat.TAR_BZ2: "r:bz2"}
Packed = dict[str, tuple[bytes, bool, str]]
"""By name: content, whether it is executable, and where it leads if it is a link."""


def packed(backend: Backend, commit: str, kind: ArchiveFormat, path: FilePath = ROOT) -> bytes:
    return b"".join(backend.reader.archive(CommitId(commit), path, kind, "shop-1").chunks)


def in_tar(content: bytes, mode: str = "r:") -> Packed:
    found: Packed = {}
    with tarfile.open(fileobj=io.BytesIO(content), mode=mode) as tar:  # type: ignore[call-overload] # one of the modes
        for member in tar.getmembers():
            file = tar.extractfile(member) if member.isfile() else None
            if not member.isdir():
                found[member.name] = (
                    file.read() if file else b"",
                    bool(member.isfile() and member.mode & 0o100),
                    member.linkname,
                )
    return found


def in_zip(content: bytes) -> Packed:
    found: Packed = {}
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for facts in archive.infolist():
            if facts.is_dir():
                continue
            mode, data = facts.external_attr >> 16, archive.read(facts)
            is_link = mode & 0o170000 == 0o120000
            found[facts.filename] = (
                b"" if is_link else data,
                bool(not is_link and mode & 0o100),
                data.decode() if is_link else "",
            )
    return found


def packed_by_the_program(history: History, commit: str, target: Path) -> bytes:
    if isinstance(history, GitHistory):
        history.git("archive", "--format=tar", "--prefix=shop-1/", f"--output={target}", commit)
    else:
        assert isinstance(history, HgHistory)
        history.hg(
            "archive", "--rev", commit, "--type", "tar", "--prefix", "shop-1", "--exclude", ".hg_archival.txt", str(target)
        )
    return target.read_bytes()


@pytest.fixture(name="commit")
def _commit(history: History) -> str:
    history.commit({"über.txt": b"text\n", "folder/run": b"#!\n", "folder/deep/er": b"", "other": b"\0\xff"})
    commit = history.commit({"last": b"1"}, executable="folder/run", symlink=("link", "folder/run"))
    history.publish()
    return commit


def test_archive_has_what_the_program_packs_in_every_format(
    backend: Backend, history: History, commit: str, tmp_path: Path
) -> None:
    expected = in_tar(packed_by_the_program(history, commit, tmp_path / "expected.tar"))

    tars = [in_tar(packed(backend, commit, kind), mode) for kind, mode in MODES.items()]

    zst = in_tar(zstandard().decompress(packed(backend, commit, ArchiveFormat.TAR_ZST)))
    assert [*tars, zst, in_zip(packed(backend, commit, ArchiveFormat.ZIP))] == [expected] * 5
    assert expected["shop-1/folder/run"] == (b"#!\n", True, "")
    assert expected["shop-1/link"] == (b"", False, "folder/run")


def test_archive_of_a_folder_has_that_folder_only(backend: Backend, commit: str) -> None:
    names = set(in_tar(packed(backend, commit, ArchiveFormat.TAR, FilePath(b"folder"))))

    assert names == {"shop-1/folder/run", "shop-1/folder/deep/er"}


def test_same_revision_is_the_same_bytes_and_is_kept(
    backend: Backend, store: Store, history: History, commit: str, tmp_path: Path
) -> None:
    first = packed(backend, commit, ArchiveFormat.TAR_GZ)
    assert packed(backend, commit, ArchiveFormat.TAR_ZST)[:4] == b"\x28\xb5\x2f\xfd"
    kept = backend.reader.archive(CommitId(commit), ROOT, ArchiveFormat.TAR_GZ, "shop-1")
    anew = type(store)(tmp_path / "another cache", **({"helpers": 1} if store.kind.value == "hg" else {}))  # type: ignore[call-arg] # see the fixture

    assert kept.size == len(first)
    assert b"".join(kept.chunks) == packed(anew.open(history.store), commit, ArchiveFormat.TAR_GZ) == first


def test_files_have_the_time_of_the_commit(backend: Backend, commit: str) -> None:
    when = backend.reader.commit(CommitId(commit)).committer.when.timestamp()

    with tarfile.open(fileobj=io.BytesIO(packed(backend, commit, ArchiveFormat.TAR))) as tar:
        assert {member.mtime for member in tar.getmembers()} == {when}


def test_archive_that_nobody_reads_to_its_end_is_not_kept(backend: Backend, commit: str) -> None:
    begun = backend.reader.archive(CommitId(commit), ROOT, ArchiveFormat.TAR, "shop-1").chunks
    next(begun)
    begun.close()  # type: ignore[attr-defined] # a generator

    assert backend.reader.archive(CommitId(commit), ROOT, ArchiveFormat.TAR, "shop-1").size is None


def test_folder_that_is_not_there_is_not_found(backend: Backend, commit: str) -> None:
    with pytest.raises(PathNotFound):
        packed(backend, commit, ArchiveFormat.TAR, FilePath(b"missing"))


def test_unpacked_archive_is_the_working_copy(store: Store, tmp_path: Path) -> None:
    story = Story()
    story.commit("Many", {f"{number % 7}/{number}": f"{number}\n" for number in range(200)})
    write(store.kind.value, story, tmp_path / "told")
    backend = store.open(tmp_path / "told")
    (tmp_path / "all.tar").write_bytes(packed(backend, backend.reader.resolve("").id.hex, ArchiveFormat.TAR))

    subprocess.run(["tar", "-xf", "all.tar"], cwd=tmp_path, check=True)

    files = {str(p.relative_to(tmp_path / "shop-1")): p.read_text() for p in (tmp_path / "shop-1").rglob("*") if p.is_file()}
    assert files == {f"{number % 7}/{number}": f"{number}\n" for number in range(200)}
