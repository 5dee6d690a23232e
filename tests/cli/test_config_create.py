"""config-create writes ini files that work, and nothing where they would not."""

import stat
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from paste.deploy import loadserver

from kallithea.cli import cli
from kallithea.config import inifile
from kallithea.config.template import DATABASES, SERVERS
from kallithea.lib.errors import ConfigError, Conflict


def create(path: Path, *arguments: str) -> inifile.IniFile:
    """Runs the command for a path that starts with its options' end, and reads what it wrote."""
    run("config-create", str(path), *arguments)
    return inifile.load(path)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, list(arguments), catch_exceptions=False)


@pytest.fixture(name="path")
def _path(tmp_path: Path) -> Path:
    return tmp_path / "my.ini"


def test_a_new_file_works_as_it_is(path: Path) -> None:
    assert create(path).settings().repos_path == path.parent / "repos"


def test_only_the_owner_can_read_it(path: Path) -> None:
    create(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_nothing_else_is_left_in_the_folder(path: Path) -> None:
    create(path)
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("name", ["session.secret"])
def test_each_file_has_secrets_of_its_own(path: Path, name: str) -> None:
    one, other = create(path), create(path.with_name("other.ini"))
    assert one.app_conf[name] != other.app_conf[name]


@pytest.mark.parametrize("engine", sorted(DATABASES))
def test_every_database_engine_gives_a_file_that_works(path: Path, engine: str) -> None:
    url = create(path, f"database_engine={engine}").settings().sqlalchemy_url
    assert url.startswith("mysql+pymysql:" if engine == "mariadb" else engine)


@pytest.mark.parametrize("server", sorted(SERVERS))
def test_every_server_listens_where_it_is_told(path: Path, server: str) -> None:
    parser = create(path, f"http_server={server}", "host=127.0.0.2", "port=5123").parser
    said = parser["uwsgi"]["http-socket"] if server == "uwsgi" else "{host}:{port}".format(**parser["server:main"])
    assert said == "127.0.0.2:5123"


@pytest.mark.parametrize("server", ["waitress", "gearbox"])
def test_pastedeploy_can_load_the_server(path: Path, server: str) -> None:
    create(path, f"http_server={server}")
    assert callable(loadserver(f"config:{path}"))


def test_waitress_is_set_up_for_long_pushes(path: Path) -> None:
    server = dict(create(path).parser["server:main"])
    assert {name: server[name] for name in ("threads", "connection_limit", "channel_timeout", "max_request_body_size")} == {
        "threads": "32",
        "connection_limit": "2000",
        "channel_timeout": "60",
        "max_request_body_size": "107374182400",
    }


def test_a_key_is_set_in_the_application_section(path: Path) -> None:
    assert create(path, "title=50% off").settings().title == "50% off"


def test_a_section_argument_chooses_the_section(path: Path) -> None:
    assert create(path, "[server:main]", "threads=8", "port=81").parser["server:main"]["port"] == "81"


def test_the_old_value_stays_as_a_comment(path: Path) -> None:
    create(path, "[server:main]", "threads=8")
    assert "\n#threads = 32\nthreads = 8\n" in path.read_text()


def test_a_commented_line_with_the_wanted_value_is_used(path: Path) -> None:
    create(path, "git_path=git")
    assert "\ngit_path = git\n" in path.read_text()
    assert "#git_path" not in path.read_text()


def test_an_unknown_section_is_appended(path: Path) -> None:
    create(path, "[filter:mine]", "use=egg:mine")
    assert path.read_text().endswith("\n[filter:mine]\nuse = egg:mine\n")


def test_keys_of_other_sections_are_not_judged(path: Path) -> None:
    assert create(path, "[alembic]", "anything=goes").parser["alembic"]["anything"] == "goes"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["http_server=apache"], "http_server=apache is not known"),
        (["database_engine=oracle"], "database_engine=oracle is not known"),
        (["port=0"], "port=0 cannot be used"),
        (["port=http"], "port=http cannot be used"),
        (["host=a b"], "host=a b cannot be used"),
        (["host=x\ny=1"], "cannot be used"),
        (["cut_of_limit=1"], "cut_of_limit is not a setting"),
        (["set cut_of_limit=1"], "cut_of_limit is not a setting"),
        (["cut_off_limit=many"], "cut_off_limit = many cannot be used"),
        (["title=a\nb"], "control characters"),
        (["title"], "not of the form"),
        (["=x"], "not of the form"),
        (["[server:main]", "[x] y=1"], "not of the form"),
    ],
)
def test_what_would_not_work_is_refused(path: Path, arguments: Sequence[str], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        run("config-create", str(path), *arguments)
    assert list(path.parent.iterdir()) == []


def test_an_existing_file_stays_as_it_is(path: Path) -> None:
    path.write_text("mine")
    with pytest.raises(Conflict, match="exists already"):
        run("config-create", str(path))
    assert path.read_text() == "mine"


def test_an_existing_file_is_replaced_on_demand(path: Path) -> None:
    path.write_text("mine")
    run("config-create", "--force", str(path))
    assert inifile.load(path).settings()


def test_a_missing_folder_is_told(path: Path) -> None:
    with pytest.raises(ConfigError, match="There is no folder"):
        run("config-create", str(path.parent / "missing" / "my.ini"))


def test_the_variables_can_be_shown() -> None:
    assert run("config-create", "--show-defaults").output.splitlines()[2:] == ["host=127.0.0.1", "port=5000"]


def test_a_file_is_required() -> None:
    assert run("config-create").exit_code == 2


def test_the_command_line_ends_with_the_code_of_the_error_and_no_traceback(path: Path) -> None:
    command = [sys.executable, "-c", "from kallithea.cli import main; main()", "config-create", str(path), "http_server=x"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr) == (
        11,
        "",
        "error: http_server=x is not known.\nhint: Choose one of waitress, gearbox, gevent, gunicorn, uwsgi.\n",
    )
