"""Settings by variables of the environment, and secrets from files."""

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from kallithea.config import inifile, servers
from kallithea.config.settings import KEYS, Settings
from kallithea.config.variables import APP, SERVER_KEYS, app_settings, server_settings, variable
from kallithea.lib.errors import ConfigError

WriteIni = Callable[..., Path]

NAMES = [key.name for key in KEYS]
SECRET = "0123456789abcdef of the environment"
NEEDED = {
    "KALLITHEA__APP_MAIN__REPOS_PATH": "/srv/repos",
    "KALLITHEA__APP_MAIN__CACHE_DIR": "/srv/cache",
    "KALLITHEA__APP_MAIN__SQLALCHEMY_URL": "sqlite:////srv/kallithea.db",
    "KALLITHEA__APP_MAIN__SESSION_SECRET": SECRET,
}


def read(**environ: str) -> Settings:
    return Settings.from_conf({}, {}, {**NEEDED, **{APP + name: value for name, value in environ.items()}})


def secret_file(folder: Path, content: bytes, mode: int = 0o400) -> Path:
    path = folder / "secret"
    path.write_bytes(content)
    path.chmod(mode)
    return path


def from_file(path: Path) -> Settings:
    others = {name: value for name, value in NEEDED.items() if not name.endswith("SESSION_SECRET")}
    return Settings.from_conf({}, {}, {**others, "KALLITHEA__APP_MAIN__SESSION_SECRET__FILE": str(path)})


def test_each_key_has_a_variable_of_its_own() -> None:
    assert len({variable(name) for name in NAMES}) == len(NAMES)
    assert variable("session.secret") == "KALLITHEA__APP_MAIN__SESSION_SECRET"


def test_variables_are_enough() -> None:
    settings = read(TITLE="100% ours", HG_HELPERS="3", TRUSTED_PROXIES="10.0.0.0/8, unix")
    assert (settings.title, settings.hg_helpers, len(settings.trusted_proxies)) == ("100% ours", 3, 2)
    assert settings.session_secret == SECRET


def test_a_variable_goes_before_the_ini_file(ini: WriteIni, monkeypatch: pytest.MonkeyPatch) -> None:
    path = ini("title = of the file\n")
    monkeypatch.setenv("KALLITHEA__APP_MAIN__TITLE", "of the environment")
    assert inifile.load(path).settings().title == "of the environment"


def test_it_goes_before_the_default_section_too() -> None:
    settings = Settings.from_conf({"title": "far"}, {}, {**NEEDED, "KALLITHEA__APP_MAIN__TITLE": "near"})
    assert settings.title == "near"


def test_patterns_of_issues_with_endings_can_be_given() -> None:
    pytest.importorskip("re2")
    settings = read(ISSUE_PAT_BUGS="#([0-9]+)", ISSUE_SERVER_LINK_BUGS="https://bugs.example.com/\\1")
    assert [rule.address for rule in settings.issues] == ["https://bugs.example.com/\\1"]


@pytest.mark.parametrize(
    ("wrong", "meant"),
    [
        ("KALLITHEA__APP_MAIN__SESION_SECRET", "KALLITHEA__APP_MAIN__SESSION_SECRET"),
        ("KALLITHEA__APP_MAIN__SESION_SECRET__FILE", "KALLITHEA__APP_MAIN__SESSION_SECRET__FILE"),
        ("KALLITHEA__APP_MAIN__SESSION.SECRET", "KALLITHEA__APP_MAIN__SESSION_SECRET"),
        ("KALLITHEA__MAIN__FORCE_HTTPS", "KALLITHEA__APP_MAIN__FORCE_HTTPS"),
        ("KALLITHEA_APP_MAIN_FORCE_HTTPS", "KALLITHEA__APP_MAIN__FORCE_HTTPS"),
        ("kallithea__app_main__force_https", "KALLITHEA__APP_MAIN__FORCE_HTTPS"),
        ("KALLITHEA__SERVER_MAIN__POTR", "KALLITHEA__SERVER_MAIN__PORT"),
    ],
)
def test_a_misspelt_variable_names_what_was_meant(wrong: str, meant: str) -> None:
    with pytest.raises(ConfigError, match=f"The variable {wrong} stands for no setting") as refused:
        app_settings({wrong: "x"}, NAMES)
    assert refused.value.hint == f"Did you mean {meant}?"


def test_variables_of_others_are_left_alone() -> None:
    others = {"KALLITHEA_PASSWORD": "x", "KALLITHEA_FULL_SIZE": "1", "HOME": "/", "TITLE": "x", "KALLITHEA": "y"}
    assert app_settings(others, NAMES) == {}


def test_a_bad_value_names_the_variable_and_what_is_accepted() -> None:
    with pytest.raises(ConfigError, match=r"The variable KALLITHEA__APP_MAIN__HG_HELPERS = many cannot be used") as refused:
        read(HG_HELPERS="many")
    assert refused.value.hint == "Accepted is a whole number from 0 to 256."


def test_a_secret_that_cannot_be_used_is_not_repeated() -> None:
    with pytest.raises(ConfigError, match="KALLITHEA__APP_MAIN__SESSION_SECRET cannot be used") as refused:
        read(SESSION_SECRET="hunter2")
    assert "hunter2" not in str(refused.value) + str(refused.value.hint)


def test_what_is_missing_can_come_from_a_variable_too() -> None:
    with pytest.raises(ConfigError) as refused:
        Settings.from_conf({}, {}, {name: value for name, value in NEEDED.items() if "SECRET" not in name})
    assert "KALLITHEA__APP_MAIN__SESSION_SECRET" in str(refused.value.hint)


@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n"])
def test_a_file_holds_a_secret_and_perhaps_a_line_end(tmp_path: Path, end: bytes) -> None:
    assert from_file(secret_file(tmp_path, SECRET.encode() + end)).session_secret == SECRET


def test_a_file_mounted_for_everybody_to_read_is_taken(tmp_path: Path) -> None:
    assert from_file(secret_file(tmp_path, SECRET.encode(), 0o444)).session_secret == SECRET


@pytest.mark.parametrize(
    ("content", "mode", "said"),
    [
        (b"", 0o400, "one line of text"),
        (b"\n", 0o400, "one line of text"),
        (b"first line of two\nsecond line", 0o400, "one line of text"),
        (b"x" * 70000, 0o400, "one line of text"),
        (b"\xff" * 20, 0o400, "not UTF-8"),
        (SECRET.encode(), 0o666, "Everybody may write"),
        (b"short", 0o400, "SESSION_SECRET__FILE cannot be used"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_and_not_repeated(tmp_path: Path, content: bytes, mode: int, said: str) -> None:
    with pytest.raises(ConfigError, match=said) as refused:
        from_file(secret_file(tmp_path, content, mode))
    assert "SESSION_SECRET__FILE" in refused.value.message
    held = content.decode("latin-1").strip()
    assert not held or held not in f"{refused.value.message} {refused.value.hint}"


def test_a_pipe_a_folder_and_nothing_are_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for name, said in {"pipe": "is not a file", ".": "is not a file|cannot be read", "none": "cannot be read"}.items():
        with pytest.raises(ConfigError, match=said):
            from_file(tmp_path / name)


def test_a_relative_path_is_refused() -> None:
    with pytest.raises(ConfigError, match="absolute"):
        from_file(Path("secret"))


def test_a_value_and_a_file_exclude_each_other(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="are both set"):
        read(SESSION_SECRET__FILE=str(secret_file(tmp_path, b"x" * 20)))


def test_a_file_serves_settings_that_are_no_secrets_and_is_not_repeated_either(tmp_path: Path) -> None:
    path = secret_file(tmp_path, b"rubbish")
    with pytest.raises(ConfigError) as refused:
        read(HG_HELPERS__FILE=str(path))
    assert "rubbish" not in refused.value.message
    path.chmod(stat.S_IRWXU)
    path.write_text("7\n")
    assert read(HG_HELPERS__FILE=str(path)).hg_helpers == 7


def test_where_our_servers_listen_can_be_given(ini: WriteIni, monkeypatch: pytest.MonkeyPatch) -> None:
    path = ini()
    monkeypatch.setenv("KALLITHEA__SERVER_MAIN__PORT", "8123")
    monkeypatch.setenv("KALLITHEA__SERVER_MAIN__THREADS", "7")
    loaded = inifile.load(path)
    assert loaded.parser.getint("server:main", "port") == 8123
    assert servers.threads_of_server({"__file__": str(path)}) == servers.WAITRESS_THREADS
    path.write_text(path.read_text().replace("egg:waitress#main", "egg:kallithea#waitress"))
    assert servers.threads_of_server({"__file__": str(path)}) == 7
    assert loaded.settings().title == "Kallithea"


@pytest.mark.parametrize("name", SERVER_KEYS)
def test_a_bad_value_for_the_server_is_named(name: str) -> None:
    named = variable(name, prefix="KALLITHEA__SERVER_MAIN__")
    with pytest.raises(ConfigError, match=named):
        server_settings({named: "no, thanks"})
