"""A byte that is not what it was is found, wherever it lies; so is what is missing, and what was added."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from kallithea.services.backups.copying import restore_folder
from kallithea.services.backups.format import FILE, LINK, BackupBroken, Entry, hash_of, inside
from kallithea.services.backups.verifying import Verification
from tests.services.backups.conftest import House

FULL = os.environ.get("KALLITHEA_FULL_SIZE", "") not in {"", "0"}


def problems(backup: Path) -> list[str]:
    return list(Verification().problems(backup))


def sample(backup: Path) -> list[Path]:
    """Every file, or one of each kind: of each ending in each part."""
    files = sorted(path for path in backup.rglob("*") if path.is_file())
    if FULL:
        return files
    kinds = {(*path.relative_to(backup).parts[:2], path.suffix, path.parent.name): path for path in files}
    return list(kinds.values())


def test_a_flipped_byte_is_found_in_every_kind_of_file(house: House) -> None:
    backup = house.create().generation.folder
    assert problems(backup) == []
    tried = 0
    for path in sample(backup):
        content = path.read_bytes()
        if not content:
            continue
        mode = path.stat().st_mode
        path.chmod(0o600)
        for position in {0, len(content) // 2, len(content) - 1}:
            path.write_bytes(content[:position] + bytes([content[position] ^ 0x01]) + content[position + 1 :])
            path.chmod(mode)
            assert problems(backup), f"{path} was changed at {position}"
            path.chmod(0o600)
        path.write_bytes(content)
        path.chmod(mode)
        tried += 1
    assert tried >= 20
    assert problems(backup) == []


def test_a_missing_file_is_found_wherever_it_was(house: House) -> None:
    backup = house.create().generation.folder
    for path in sample(backup):
        aside = house.folder / "aside"
        path.rename(aside)
        assert problems(backup), path
        aside.rename(path)


def test_what_was_added_or_went_is_found(house: House) -> None:
    backup = house.create().generation.folder
    repository = next((backup / "repositories").iterdir())
    for place in ("", "manifests", "database", "settings", "repositories", repository.relative_to(backup)):
        stranger = backup / place / "stranger"
        for make, remove in ((stranger.touch, stranger.unlink), (stranger.mkdir, stranger.rmdir)):
            make()
            assert [line for line in problems(backup) if line.endswith("stranger does not belong to the backup.")], place
            remove()
    (backup / "settings/my.ini").chmod(0o644)
    assert problems(backup) == ["settings/my.ini has the mode 644 in place of 600."]
    shutil.rmtree(repository)
    assert f"{repository.relative_to(backup)} is missing." in problems(backup)


@pytest.mark.parametrize("path", ["../../../etc/passwd", "/etc/passwd", "a//b", "."])
def test_a_manifest_that_leads_elsewhere_is_refused(tmp_path: Path, path: str) -> None:
    with pytest.raises(BackupBroken):
        inside(tmp_path, path)


def test_a_manifest_writes_nothing_through_a_link(tmp_path: Path) -> None:
    (outside := tmp_path / "outside").mkdir()
    (source := tmp_path / "source").mkdir()
    (source / "link").symlink_to(outside)
    (outside / "new").write_bytes(b"x")
    entries = [Entry("link", LINK, 0o777), Entry("link/new", FILE, 0o600, 1, hash_of([b"x"]))]

    with pytest.raises(BackupBroken, match="behind a symbolic link"):
        restore_folder(source, tmp_path / "target", entries, tell=lambda _size: None)

    assert [path.name for path in outside.iterdir()] == ["new"]
