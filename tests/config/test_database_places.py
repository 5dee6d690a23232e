"""Where a file of SQLite may lie."""

from pathlib import Path

import pytest

from kallithea.config.refusals import check_local
from kallithea.lib.errors import ConfigError

LINE = "36 35 98:0 / {} rw,noatime shared:1 - {} server:/export rw\n"


def mounts(folder: Path, *mounted: tuple[str, str]) -> Path:
    """A file as the system has it, with these mount points and types."""
    file = folder / "mountinfo"
    file.write_text("".join(LINE.format(point, kind) for point, kind in mounted))
    return file


@pytest.mark.parametrize("kind", ["nfs4", "cifs", "fuse.sshfs"])
def test_a_database_on_a_network_file_system_is_refused(tmp_path: Path, kind: str) -> None:
    with pytest.raises(ConfigError, match="network file system") as refusal:
        check_local(tmp_path / "kallithea.db", mounts(tmp_path, ("/", "ext4"), (str(tmp_path), kind)))
    assert "PostgreSQL" in str(refusal.value.hint)


def test_the_nearest_and_latest_mount_counts(tmp_path: Path) -> None:
    check_local(
        tmp_path / "kallithea.db", mounts(tmp_path, ("/", "nfs4"), (str(tmp_path.parent), "nfs"), (str(tmp_path), "xfs"))
    )
    check_local(tmp_path / "kallithea.db", mounts(tmp_path, (str(tmp_path), "nfs"), (str(tmp_path), "ext4")))


def test_a_mount_point_with_a_space_is_understood(tmp_path: Path) -> None:
    (tmp_path / "my files").mkdir()

    with pytest.raises(ConfigError):
        check_local(tmp_path / "my files" / "kallithea.db", mounts(tmp_path, (f"{tmp_path}/my\\040files", "nfs")))


def test_a_system_that_does_not_tell_is_believed(tmp_path: Path) -> None:
    check_local(tmp_path / "kallithea.db", tmp_path / "nothing")
