"""config-check shows how an ini file differs from the settings, and merges without touching what is somebody's own."""

import stat
import tarfile
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from kallithea.cli import cli
from kallithea.config import inifile
from kallithea.config.former_keys import RENAMED
from kallithea.config.settings import BY_NAME
from kallithea.lib.errors import ConfigError
from tests.installer.houses import TAGS

OLD = """\
; mine, and I like it here
[DEFAULT]
debug = false

[server:main]
use = egg:kallithea#waitress
port = 5000

[app:main]
use = egg:kallithea
# our name
title = Our   code
repos_path = %(here)s/repos
cache_dir = %(here)s/cache
sqlalchemy.db1.url = sqlite:///%(here)s/x.db
beaker.session.secret = 0123456789abcdef%%
gist_alias_url = https://example.com/
   and/more
#cut_off_limit = 1

[logger_root]
level = WARN
"""


def check(path: Path, *options: str) -> Result:
    return CliRunner().invoke(cli, ["config-check", *options, str(path)])


@pytest.fixture(name="path")
def _path(tmp_path: Path) -> Path:
    path = tmp_path / "my.ini"
    path.write_text(OLD, encoding="utf-8")
    path.chmod(0o640)
    return path


@pytest.fixture(name="fresh")
def _fresh(tmp_path: Path) -> Path:
    path = tmp_path / "fresh.ini"
    CliRunner().invoke(cli, ["config-create", str(path)], catch_exceptions=False)
    return path


def test_a_new_file_differs_in_nothing(fresh: Path) -> None:
    assert check(fresh).output.startswith(f"{fresh} fits Kallithea ")


def test_each_difference_is_a_line(path: Path) -> None:
    lines = check(path).output.splitlines()
    assert "renamed  sqlalchemy.db1.url is called sqlalchemy.url now" in lines
    assert "removed  gist_alias_url has no effect any more: this release does not have what it configures" in lines
    assert any(line.startswith("new      ssh_enabled (false): ") for line in lines)


def test_what_only_stands_in_a_comment_is_not_new(path: Path) -> None:
    assert "cut_off_limit" not in check(path).output


def test_no_value_is_shown(path: Path) -> None:
    assert "0123456789abcdef" not in check(path).output


def test_without_merge_nothing_is_written(path: Path) -> None:
    check(path)
    assert {file: file.read_text() for file in path.parent.iterdir()} == {path: OLD}


def test_a_merged_file_works(path: Path) -> None:
    check(path, "--merge")
    settings = inifile.load(path).settings()
    assert (settings.title, settings.session_secret, settings.cut_off_limit) == ("Our   code", "0123456789abcdef%", 256000)


def test_merging_keeps_every_line_that_is_still_right(path: Path) -> None:
    check(path, "--merge")
    kept = [line for line in OLD.splitlines() if not line.startswith(("sqlalchemy.db1", "beaker", "gist", "   and"))]
    after = iter(path.read_text().splitlines())
    assert all(line in after for line in kept)  # in this order: each search goes on where the last one ended


def test_what_has_no_effect_stays_as_a_comment(path: Path) -> None:
    check(path, "--merge")
    assert "#gist_alias_url = https://example.com/\n#   and/more\n" in path.read_text()


def test_the_old_file_stays_beside_it_for_the_same_people(path: Path) -> None:
    check(path, "--merge")
    (old,) = (file for file in path.parent.iterdir() if file != path)
    assert (old.read_text(), stat.S_IMODE(old.stat().st_mode)) == (OLD, 0o640)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_merging_twice_changes_nothing_more(path: Path) -> None:
    check(path, "--merge")
    after, files = path.read_text(), sorted(path.parent.iterdir())
    assert check(path, "--merge").exit_code == 0
    assert (path.read_text(), sorted(path.parent.iterdir())) == (after, files)


def test_a_merged_file_differs_in_nothing(path: Path) -> None:
    check(path, "--merge")
    assert check(path).output.startswith(f"{path} fits Kallithea ")


def test_line_ends_stay(path: Path) -> None:
    path.write_bytes(OLD.replace("\n", "\r\n").encode())
    check(path, "--merge")
    after = path.read_bytes()
    assert after.count(b"\n") == after.count(b"\r\n")


def test_new_keys_come_in_the_order_of_the_template(path: Path) -> None:
    check(path, "--merge")
    text = path.read_text()
    assert 0 < text.index("#canonical_url") < text.index("#page_cache_size") < text.index("[logger_root]")


def test_an_unknown_key_names_the_nearest_one_and_ends_with_an_error(path: Path) -> None:
    path.write_text(OLD.replace("#cut_off_limit", "cutoff_limit"), encoding="utf-8")
    result = check(path)
    assert "unknown  cutoff_limit is not a setting; did you mean cut_off_limit?" in result.output.splitlines()
    assert isinstance(result.exception, ConfigError)


def test_merging_leaves_unknown_keys_to_a_person(path: Path) -> None:
    path.write_text(OLD.replace("#cut_off_limit", "cutoff_limit"), encoding="utf-8")
    assert isinstance(check(path, "--merge").exception, ConfigError)
    assert "\ncutoff_limit = 1\n" in path.read_text()


def test_every_wrong_value_is_told(path: Path) -> None:
    path.write_text(OLD.replace("#cut_off_limit = 1", "cut_off_limit = much\nsmtp_port = x"), encoding="utf-8")
    wrong = [line.split()[1] for line in check(path).output.splitlines() if line.startswith("wrong")]
    assert wrong == ["cut_off_limit", "smtp_port"]


def test_a_former_name_beside_the_new_one_gives_way(path: Path) -> None:
    path.write_text(OLD.replace("[logger", "session.secret = fedcba9876543210\n[logger"), encoding="utf-8")
    check(path, "--merge")
    assert inifile.load(path).settings().session_secret == "fedcba9876543210"


def test_a_value_of_the_default_section_is_renamed_there(path: Path) -> None:
    path.write_text(OLD.replace("debug = false", "celeryd.concurrency = 7"), encoding="utf-8")
    check(path, "--merge")
    assert inifile.load(path).settings().celery_worker_concurrency == 7


def test_former_names_lead_to_settings_that_exist() -> None:
    assert set(RENAMED.values()) <= set(BY_NAME)


def test_a_server_says_what_a_setting_is_called_now(path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        inifile.load(path).settings()
    assert caught.value.message == "The setting sqlalchemy.db1.url is called sqlalchemy.url now."


def test_the_first_release_is_merged_without_losing_a_line(tmp_path: Path) -> None:
    with tarfile.open(TAGS / "v1.0.0.dev1.tar.xz") as archive:
        member = archive.extractfile("development.ini.tmpl")
        assert member is not None
        template = member.read().decode()
    for variable, value in {
        "${database_url}": "sqlite:///%(here)s/k.db",
        "${session_secret}": "0123456789abcdef",
        "${server_section}": "[server:main]\nuse = egg:kallithea#waitress",
    }.items():
        template = template.replace(variable, value)
    path = tmp_path / "first.ini"
    path.write_text(template, encoding="utf-8")

    assert check(path, "--merge").exit_code == 0

    after = iter(path.read_text().splitlines())
    assert all(line in after for line in template.splitlines())
    assert inifile.load(path).settings().ssh_enabled is False
