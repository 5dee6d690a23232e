"""The loader finds what PasteDeploy finds, and says in one sentence what is wrong with a file."""

import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from paste.deploy.loadwsgi import APP, ConfigLoader

from kallithea.config import inifile
from kallithea.lib.errors import ConfigError

WriteIni = Callable[..., Path]

FORMS = """\
set title = Far
get git_path = site
debug = true
"""


def as_paste_finds(path: Path) -> tuple[dict[str, str], dict[str, str]]:
    """What PasteDeploy would hand to the application; another factory stands in, as ours would be imported for this."""
    copy = path.with_name("copy.ini")
    copy.write_text(path.read_text(encoding="utf-8").replace("use = egg:kallithea", "use = call:builtins:dict"))
    context = ConfigLoader(str(copy)).get_context(APP)
    return {**context.global_conf, "__file__": str(path)}, dict(context.local_conf)


def test_it_finds_what_pastedeploy_hands_over(ini: WriteIni) -> None:
    path = ini(FORMS)
    found = inifile.load(path)
    assert (dict(found.global_conf), dict(found.app_conf)) == as_paste_finds(path)


def test_values_may_name_the_folder_of_the_file(ini: WriteIni, tmp_path: Path) -> None:
    assert inifile.load(ini()).settings().repos_path == tmp_path / "repos"


def test_a_doubled_percent_sign_is_one(ini: WriteIni) -> None:
    assert inifile.load(ini("title = 100%% ours\n")).settings().title == "100% ours"


def test_the_only_application_is_found_behind_a_pipeline(ini: WriteIni) -> None:
    path = ini()
    path.write_text("[pipeline:main]\npipeline = ours\n" + path.read_text().replace("[app:main]", "[app:ours]"))
    assert inifile.load(path).settings().title == "Kallithea"


def test_an_unknown_name_behind_set_stops(ini: WriteIni) -> None:
    with pytest.raises(ConfigError, match="colour"):
        inifile.load(ini("set colour = blue\n")).settings()


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("[app:main]\n", r"line 15: the section \[app:main\] is there twice"),
        ("title = a\ntitle = b\n", r"line 16: title is set twice in \[app:main\]"),
        ("title = 50% ours\n", "the value of title"),
        ("title = %(nothing)s\n", "the value of title"),
        ("just words\n", "line 15: this is not a line of the form"),
        ("site = other\n", "site in .* has no effect"),
        ("get title = nowhere\n", "asks for nowhere"),
    ],
)
def test_a_mistake_is_told_in_one_sentence(ini: WriteIni, more: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said) as caught:
        inifile.load(ini(more))
    assert "\n" not in caught.value.message


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="There is no file") as caught:
        inifile.load(tmp_path / "my.ini")
    assert "config-create" in (caught.value.hint or "")


def test_a_folder_is_no_ini_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read: Is a directory"):
        inifile.load(tmp_path)


def test_other_encodings_are_refused(tmp_path: Path) -> None:
    (tmp_path / "my.ini").write_bytes(b"[app:main]\ntitle = K\xe4llithea\n")
    with pytest.raises(ConfigError, match="not UTF-8"):
        inifile.load(tmp_path / "my.ini")


def test_text_before_the_first_section_is_told(ini: WriteIni) -> None:
    with pytest.raises(ConfigError, match="before the first"):
        inifile.load(ini(complete="title = x\n"))


def test_a_file_without_the_application_is_told(ini: WriteIni) -> None:
    with pytest.raises(ConfigError, match=r"no section \[app:main\]"):
        inifile.load(ini(complete="[server:main]\nport = 1\n"))


def test_a_percent_sign_in_the_path_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="% in its path"):
        inifile.load(tmp_path / "50%" / "my.ini")


@pytest.mark.parametrize("value", ["plain", "50% off", "%(site)s", "100%%", "a#b;c", "= : =", "ünï"])
def test_a_value_that_is_set_is_read_back(ini: WriteIni, value: str) -> None:
    path = ini()
    inifile.set_value(path, "title", value)
    assert inifile.load(path).settings().title == value


def test_here_keeps_its_meaning_in_a_value_that_is_set(ini: WriteIni, tmp_path: Path) -> None:
    path = ini()
    inifile.set_value(path, "repos_path", "%(here)s/elsewhere")
    assert inifile.load(path).settings().repos_path == tmp_path / "elsewhere"


def test_control_characters_are_refused(ini: WriteIni) -> None:
    with pytest.raises(ConfigError, match="control characters"):
        inifile.set_value(ini(), "title", "one\ntwo")


def test_setting_a_value_keeps_every_other_line(ini: WriteIni) -> None:
    path = ini()
    before = path.read_text().splitlines()
    inifile.set_value(path, "repos_path", "/srv/repos")
    after = path.read_text().splitlines()
    place = before.index("repos_path = %(here)s/repos")
    before[place : place + 1] = ["#repos_path = %(here)s/repos", "repos_path = /srv/repos"]
    assert after == before


def test_setting_the_same_value_leaves_the_file_alone(ini: WriteIni) -> None:
    path = ini()
    before = path.stat()
    inifile.set_value(path, "repos_path", "%(here)s/repos")
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_setting_a_value_keeps_the_rights_of_the_file(ini: WriteIni) -> None:
    path = ini()
    path.chmod(0o640)
    inifile.set_value(path, "title", "Ours")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_setting_a_value_behind_a_link_keeps_the_link(ini: WriteIni, tmp_path: Path) -> None:
    link = tmp_path / "link.ini"
    link.symlink_to(ini())
    inifile.set_value(link, "title", "Ours")
    assert link.is_symlink()


def test_setting_there_and_back_uses_the_old_line_again() -> None:
    text = "[app:main]\ntitle = a\n"
    back = inifile.edited(inifile.edited(text, "title", "b"), "title", "a")
    assert back == "[app:main]\ntitle = a\n#title = b\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[app:main]\n#title = b\n", "[app:main]\ntitle = b\n"),
        ("[app:main]\n#title = a\nx = 1\n", "[app:main]\n#title = a\ntitle = b\nx = 1\n"),
        ("[app:main]\nx = 1\n\n# about y\n[y]\n", "[app:main]\nx = 1\ntitle = b\n\n# about y\n[y]\n"),
        ("[app:main]\ntitle = a\n  more\nx = 1\n", "[app:main]\n#title = a\n#  more\ntitle = b\nx = 1\n"),
        ("[app:main]\r\nx = 1\r\n", "[app:main]\r\nx = 1\r\ntitle = b\r\n"),
        ("[x]\ntitle = b\n", "[x]\ntitle = b\n\n[app:main]\ntitle = b\n"),
        ("[app:main]\nsubtitle = a\n", "[app:main]\nsubtitle = a\ntitle = b\n"),
    ],
)
def test_the_new_line_stands_where_the_key_is_spoken_of(text: str, expected: str) -> None:
    assert inifile.edited(text, "title", "b") == expected


def test_percent_signs_of_log_formats_stay_single() -> None:
    assert inifile.escaped("%(message)s", section="formatter_plain") == "%(message)s"
