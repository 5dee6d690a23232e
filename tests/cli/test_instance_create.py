"""instance-create makes everything once, and leaves it alone afterwards."""

import re
import socket
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from kallithea.cli import cli
from kallithea.config import inifile
from kallithea.lib.errors import ConfigError, Conflict, Unavailable


def run(*arguments: str) -> Result:
    """What the command answers, in a quiet environment."""
    command = ["instance-create", *arguments]
    return CliRunner(env={"KALLITHEA_PASSWORD": ""}).invoke(cli, command, catch_exceptions=False)


@pytest.fixture(name="data")
def _data(tmp_path: Path) -> Path:
    return tmp_path / "data"


def test_one_line_says_how_to_sign_in(data: Path) -> None:
    said = run("--data", str(data), "--port", "5123").output
    assert re.fullmatch(r"Kallithea: http://127\.0\.0\.1:5123/  user: admin  password: [a-z0-9-]{23}\n", said)


def test_the_folder_holds_everything(data: Path) -> None:
    run("--data", str(data))
    assert {path.name for path in data.iterdir()} >= {"kallithea.ini", "kallithea.db", "repos", "cache"}


def test_a_folder_that_it_makes_is_for_its_owner_alone(data: Path) -> None:
    run("--data", str(data))
    assert data.stat().st_mode & 0o077 == 0


def test_a_second_run_changes_nothing(data: Path) -> None:
    run("--data", str(data), "--port", "5123")
    before = {path: path.stat().st_mtime_ns for path in data.rglob("*")}
    run("--data", str(data), "--port", "5123")
    assert {path: path.stat().st_mtime_ns for path in data.rglob("*")} == before


def test_another_address_is_written_into_the_ini_file(data: Path) -> None:
    run("--data", str(data))
    said = run("--data", str(data), "--host", "0.0.0.0", "--port", "5124").output
    assert (said, inifile.load(data / "kallithea.ini").parser["server:main"]["host"]) == (
        "Kallithea: http://127.0.0.1:5124/\n",
        "0.0.0.0",
    )


def test_a_given_password_is_not_repeated(data: Path) -> None:
    assert "secret" not in run("--data", str(data), "--password", "a long secret phrase").output


def test_an_unusable_password_leaves_no_instance(data: Path) -> None:
    with pytest.raises(Exception, match="assword"):
        run("--data", str(data), "--password", "x")
    assert not (data / "kallithea.ini").exists()


def test_it_begins_again_after_it_was_interrupted(data: Path) -> None:
    with pytest.raises(Exception, match="assword"):
        run("--data", str(data), "--password", "x")
    assert run("--data", str(data)).exit_code == 0


def test_a_database_without_its_ini_file_is_not_touched(data: Path) -> None:
    data.mkdir()
    (data / "kallithea.db").write_bytes(b"precious")
    with pytest.raises(Conflict, match=r"kallithea\.ini beside it"):
        run("--data", str(data))
    assert (data / "kallithea.db").read_bytes() == b"precious"


def test_a_port_that_cannot_be_leaves_nothing(data: Path) -> None:
    with pytest.raises(ConfigError, match="port=http"):
        run("--data", str(data), "--port", "http")
    assert list(data.glob("*")) == []


def test_a_port_in_use_is_told(data: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(Unavailable, match="Address already in use"):
        run("--data", str(data), "--port", str(taken.getsockname()[1]), "--require-free-port")


def test_the_password_is_told_even_if_the_port_is_in_use(data: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        arguments = ["instance-create", "--data", str(data), "--port", str(taken.getsockname()[1]), "--require-free-port"]
        said = CliRunner(env={"KALLITHEA_PASSWORD": ""}).invoke(cli, arguments).output
    assert "password: " in said
