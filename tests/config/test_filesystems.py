"""What is told about the file system of the repositories."""

from __future__ import annotations

from pathlib import Path

import pytest

from kallithea.config.filesystems import Mount, doubts, mount_of


def nfs(*options: str) -> Mount:
    return Mount(Path("/srv/repos"), "nfs4", frozenset({"rw", "relatime", *options}))


@pytest.mark.parametrize("kind", ["ext4", "xfs", "btrfs", "zfs", "tmpfs", "overlay", "ceph", "gfs2", "ocfs2"])
def test_file_systems_that_keep_their_promises_are_not_mentioned(kind: str) -> None:
    assert [*doubts(Mount(Path("/"), kind, frozenset({"rw"})))] == []


@pytest.mark.parametrize("seen_at_once", ["noac", "actimeo=0", "acregmax=0"])
def test_nfs_as_the_manual_has_it_is_not_mentioned(seen_at_once: str) -> None:
    assert [*doubts(nfs("vers=4.2", "hard", seen_at_once, "local_lock=none"))] == []


@pytest.mark.parametrize(
    ("options", "advice"),
    [
        (("vers=4.2", "noac", "local_lock=all"), "without nolock"),
        (("vers=3", "noac", "nolock"), "without nolock"),
        (("vers=3", "noac"), "vers=4.1"),
        (("vers=4.2",), "actimeo=0"),
    ],
)
def test_what_is_missing_for_nfs_is_told(options: tuple[str, ...], advice: str) -> None:
    assert any(advice in doubt for doubt in doubts(nfs(*options)))


@pytest.mark.parametrize("kind", ["cifs", "smb3", "9p", "fuse.sshfs"])
def test_what_has_no_locks_for_several_machines_is_told(kind: str) -> None:
    assert len([*doubts(Mount(Path("/"), kind, frozenset()))]) == 1


def test_the_mount_nearest_to_the_folder_counts(tmp_path: Path) -> None:
    folder = tmp_path / "with blank" / "repos"
    folder.mkdir(parents=True)
    place = str(tmp_path / "with blank").replace(" ", "\\040")
    mounts = tmp_path / "mountinfo"
    mounts.write_text(
        "22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw\n"
        f"23 22 0:40 / {place} rw - tmpfs tmpfs rw\n"
        f"24 22 0:41 / {place} rw,noatime shared:2 - nfs4 store:/repos rw,vers=4.2,acregmax=0\n"
        f"25 22 0:42 / {tmp_path}/with rw - xfs /dev/vdb rw\n"
    )

    found = mount_of(folder, mounts)

    assert found is not None
    assert (found.kind, found.place) == ("nfs4", tmp_path / "with blank")
    assert {"noatime", "vers=4.2"} <= found.options


def test_where_mounts_cannot_be_read_nothing_is_told(tmp_path: Path) -> None:
    assert [*doubts(mount_of(tmp_path, tmp_path / "missing"))] == []


def test_the_mount_of_a_real_folder_is_found(tmp_path: Path) -> None:
    found = mount_of(tmp_path)

    assert found is not None
    assert tmp_path.is_relative_to(found.place)
