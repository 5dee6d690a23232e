"""What is saved, what is shared with the backup before, and what a restored instance has."""

from __future__ import annotations

import os
import stat
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from kallithea.lib.errors import Conflict
from kallithea.lib.vcs import Kind
from kallithea.model import SearchTrigram
from kallithea.services.backups.copying import Earlier
from kallithea.services.backups.format import FILE, Entry, read_manifest
from kallithea.services.backups.generations import Generations
from kallithea.services.backups.restoring import Target
from kallithea.services.backups.verifying import Verification, deep_problems
from tests.services.backups.conftest import House, opened_vault, rows, vault_of


def test_everything_is_restored_as_it_was(house: House, target: Target, tmp_path: Path) -> None:
    number = house.ledger.repository("last", house.admin)
    with house.ledger.app.system_scope() as scope:
        scope.repositories.delete(scope.access.administer_repository(scope.access.at("last")))
    before = rows(house.ledger.app.engine, tmp_path / "before")
    backup = house.create().generation.folder

    summary = house.restore(backup, target)

    assert rows(target.engine, tmp_path / "after") == before
    assert f'"repository": {number}' in before["numbers.json"], "a number of what was deleted would be given again"
    assert '"laptop"' in before["access_token.jsonl"]
    assert all(before[f"{table}.jsonl"] for table in ("grant", "ssh_key", "push", "ref_update", "user_group", "audit_entry"))
    with opened_vault(target.repos_path) as vault:
        restored = {}
        for saved in summary.repositories:
            backend = vault.open(Kind(saved.kind), saved.location)
            assert backend.keeper.verify() == ()
            restored[saved.path] = backend.reader.refs()
        assert [found.path for found in vault.discarded()] == ["last"]
    assert restored == house.heads()


def test_what_the_filter_finds_is_made_anew(house: House, target: Target) -> None:
    def trigrams(engine: Engine) -> set[tuple[int, ...]]:
        with engine.connect() as connection:
            return {tuple(row) for row in connection.execute(select(SearchTrigram.namespace_id, SearchTrigram.trigram))}

    backup = house.create().generation.folder

    house.restore(backup, target)

    assert not (backup / "database/search_trigram.jsonl").exists()
    assert trigrams(target.engine) == trigrams(house.ledger.app.engine) != set()


def test_what_did_not_change_is_on_the_disk_once(house: House) -> None:
    for kind in ("git", "hg"):
        _make_old(house.vault.open(Kind(kind), house.place(f"web/{kind}").location).path)
    first = house.create()
    house.push("git")

    second = house.create()

    # Logs of hg and objects of git; small files that could change in place are copied each time.
    shared = {path for path in _files(second.generation.folder) if (second.generation.folder / path).stat().st_nlink > 1}
    assert any(path.endswith(".i") for path in shared)
    assert any("/objects/" in path for path in shared)
    assert any(path.endswith("user.jsonl") for path in shared)
    assert second.copied < first.copied
    assert not list(Verification().problems(second.generation.folder))


def test_no_file_of_a_backup_is_one_of_the_living_store(house: House) -> None:
    backup = house.create().generation.folder
    living = {path.stat().st_ino for path in house.vault.root.rglob("*") if path.is_file()}

    assert not living & {(backup / path).stat().st_ino for path in _files(backup)}


def test_a_file_that_changed_within_a_moment_is_copied_again(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("one")
    found = (tmp_path / "file").stat()
    entry = Entry("file", FILE, 0o644, 3, "", (found.st_ino, found.st_mtime_ns))

    assert Earlier(tmp_path, [entry], found.st_mtime_ns + 1).unchanged("file", found) is None
    assert Earlier(tmp_path, [entry], found.st_mtime_ns + 3_000_000_000).unchanged("file", found) is not None


def test_git_and_hg_find_nothing_wrong_with_what_was_saved(house: House, tmp_path: Path) -> None:
    generation = house.create().generation
    assert generation.summary is not None

    assert list(deep_problems(generation.folder, generation.summary, tmp_path / "scratch", vault_of)) == []
    assert not list(Verification().problems(generation.folder))


def test_a_repository_that_lacks_what_was_pushed_to_it_is_named(house: House, tmp_path: Path) -> None:
    place = house.place("web/git")
    branch = house.vault.open(Kind.GIT, place.location).path / "refs/heads/main"
    branch.unlink()
    (branch.parents[1] / "tags" / "kept").write_text("")
    (branch.parents[1] / "tags" / "kept").unlink()
    for path in (branch.parents[2] / "objects").rglob("*"):
        if path.is_file():
            path.unlink()
    generation = house.create().generation
    assert generation.summary is not None

    found = list(deep_problems(generation.folder, generation.summary, tmp_path / "scratch", vault_of))

    assert [line for line in found if line.startswith("web/git: the commit ")]


def test_only_the_owner_may_read_the_secrets_and_nothing_is_left_beside_the_repositories(house: House) -> None:
    before = sorted(path.name for path in house.vault.root.iterdir())
    backup = house.create().generation.folder

    assert sorted(path.name for path in house.vault.root.iterdir()) == before
    assert stat.S_IMODE(backup.stat().st_mode) == 0o700
    assert stat.S_IMODE((backup / "settings/my.ini").stat().st_mode) == 0o600
    assert stat.S_IMODE((backup / "database/user.jsonl").stat().st_mode) == 0o600


def test_the_newest_are_kept(house: House) -> None:
    names = [house.create().generation.name for _ in range(2)]

    created = house.create(keep=1)

    assert list(created.pruned) == names
    assert [found.name for found in house.generations.all()] == [created.generation.name]


def test_a_new_backup_is_the_newest_within_a_second_and_with_a_clock_that_was_put_back(tmp_path: Path) -> None:
    generations, now = Generations(tmp_path / "backups"), datetime(2026, 3, 1, 12, tzinfo=timezone.utc)
    moments = [now, now, now - timedelta(days=300), now + timedelta(seconds=1)]
    made = []
    with generations.held():
        for moment in moments:
            made.append(generations.publish(generations.begin(moment)).name)
            if len(made) == 2:
                generations.remove(generations.folder / made[0])

    assert made == ["20260301T120000Z", "20260301T120000Z-2", "20260301T120000Z-3", "20260301T120001Z"]
    assert [generation.name for generation in generations.all()] == made[1:]


def test_one_at_a_time(house: House) -> None:
    with house.generations.held(), pytest.raises(Conflict):
        house.create()


def test_a_folder_within_the_repositories_is_refused(house: House) -> None:
    house.generations.folder = house.vault.root / "backups"

    with pytest.raises(Conflict):
        house.create()


def test_a_repository_that_is_not_on_the_disk_is_told(house: House) -> None:
    house.vault.open(Kind.HG, house.place("web/hg").location).path.rename(house.folder / "elsewhere-hg")

    summary = house.create().generation.summary

    assert summary is not None
    assert summary.missing == ("web/hg",)
    assert [saved.path for saved in summary.repositories] == ["web/git"]


def test_manifests_name_every_file(house: House) -> None:
    generation = house.create().generation
    assert generation.summary is not None

    named = {
        f"{part.folder}/{entry.path}"
        for part in generation.summary.parts
        for entry in read_manifest(generation.folder, part)
        if entry.kind == "file"
    }

    manifests = {part.manifest for part in generation.summary.parts}
    assert set(_files(generation.folder)) == named | manifests | {"backup.json", "backup.json.sha256"}


def _files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def _make_old(folder: Path) -> None:
    """Let nothing be so young that it is copied again."""
    for path in folder.rglob("*"):
        if path.is_file():
            os.utime(path, (1_700_000_000, 1_700_000_000))
