"""deployment-create writes what fits the ini file, and nothing that could mean something else than was asked for."""

from __future__ import annotations

import os
import pwd
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from kallithea.cli import cli
from kallithea.config import inifile
from kallithea.config.template import SERVERS
from kallithea.lib.errors import ConfigError, Conflict

PROXIES = ("nginx", "haproxy", "varnish")
WEB = ("apache", *PROXIES)
PROGRAMS = (*WEB, "systemd")
USER = ("--user", "nobody")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, list(arguments), catch_exceptions=False)


def shown(program: str, ini: Path, *options: str) -> str:
    """What the command shows for an ini file."""
    user = USER if program in {"apache", "systemd"} else ()
    return run("deployment-create", program, "-c", str(ini), *user, *options).output


@pytest.fixture(name="ini")
def _ini(tmp_path: Path) -> Path:
    return new_ini(tmp_path)


def new_ini(folder: Path, *settings: str, url: str = "https://code.example.com/scm") -> Path:
    run("config-create", str(folder / "my.ini"), "port=5123", f"canonical_url={url}", *settings)
    return folder / "my.ini"


@pytest.mark.parametrize("program", WEB)
def test_the_address_comes_from_the_ini_file(ini: Path, program: str) -> None:
    assert "Kallithea at https://code.example.com/scm " in shown(program, ini)


@pytest.mark.parametrize("program", PROXIES)
def test_the_backend_is_where_the_ini_file_listens(ini: Path, program: str) -> None:
    assert re.search(r"127\.0\.0\.1(:|\";\s+\.port = \")5123", shown(program, ini))


@pytest.mark.parametrize("program", PROXIES)
def test_several_servers_are_all_there(ini: Path, program: str) -> None:
    said = shown(program, ini, "--server", "10.0.0.1:5000", "--server", "two.example.com:5001")
    assert ("10.0.0.1" in said, "two.example.com" in said, "5123" in said) == (True, True, False)


@pytest.mark.parametrize("program", WEB)
def test_options_count_more_than_the_ini_file(ini: Path, program: str) -> None:
    said = shown(program, ini, "--server-name", "other.example.com", "--prefix", "/hg", "--no-https")
    assert ("Kallithea at http://other.example.com/hg " in said, "code.example.com/scm " in said) == (True, False)


@pytest.mark.parametrize("program", WEB)
def test_a_name_has_to_come_from_somewhere(tmp_path: Path, program: str) -> None:
    with pytest.raises(ConfigError, match="What is the site called"):
        shown(program, new_ini(tmp_path, url=""))


@pytest.mark.parametrize("program", PROXIES)
def test_what_the_ini_file_still_has_to_say_is_told(tmp_path: Path, program: str) -> None:
    before = shown(program, new_ini(tmp_path))
    inifile.set_value(tmp_path / "my.ini", "trusted_proxies", "127.0.0.1")
    after = shown(program, tmp_path / "my.ini")
    assert ("trusted_proxies = 127.0.0.1" in before, "trusted_proxies = " in after) == (True, False)


@pytest.mark.parametrize("server", sorted(SERVERS))
def test_there_are_units_for_every_server(tmp_path: Path, server: str) -> None:
    said = shown("systemd", new_ini(tmp_path, f"http_server={server}"))
    program = "uwsgi --ini-paste-logged" if server == "uwsgi" else "gearbox serve -c"
    assert re.search(rf"\nExecStart=/\S+/bin/{program} {tmp_path}/my.ini\n", said)


def test_uwsgi_is_asked_in_its_own_protocol_where_the_ini_file_says_so(tmp_path: Path) -> None:
    ini = new_ini(tmp_path, "http_server=uwsgi", "[uwsgi]", "socket=127.0.0.1:3031")
    ini.write_text(re.sub(r"\nhttp-socket = .*", "", ini.read_text()))
    assert "uwsgi_pass kallithea_code_example_com;" in shown("nginx", ini)


def test_the_limit_of_a_push_is_that_of_the_server(tmp_path: Path) -> None:
    ini = new_ini(tmp_path, "[server:main]", "max_request_body_size=12345")
    assert "client_max_body_size 12345;" in shown("nginx", ini)


@pytest.mark.parametrize("program", ["apache", "nginx"])
def test_static_files_are_served_where_kallithea_does_not(tmp_path: Path, program: str) -> None:
    with_us = shown(program, new_ini(tmp_path))
    inifile.set_value(tmp_path / "my.ini", "static_files", "false")
    without = shown(program, tmp_path / "my.ini")
    assert ("/_assets/" in with_us, "/public/assets/" in without) == (False, True)


@pytest.mark.parametrize("program", ["haproxy", "varnish"])
def test_what_serves_no_files_does_not_promise_to(tmp_path: Path, program: str) -> None:
    with pytest.raises(ConfigError, match="does not serve files"):
        shown(program, new_ini(tmp_path, "static_files=false"))


HOSTILE = ("x\ny", "x;y", 'x"y', "x'y", "x{y", "x}y", "x y", "x#y", "x$y", "x\\y", "x\ty", "x%y", "x<y", "x\u2028y")
FORMS = {
    "--server-name": "{}",
    "--prefix": "/{}",
    "--listen": "{}",
    "--server": "{}:80",
    "--certificate": "/{}",
    "--user": "{}",
    "--group": "{}",
}


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("option", sorted(FORMS))
def test_what_could_mean_something_else_is_refused(ini: Path, option: str, text: str) -> None:
    with pytest.raises(ConfigError):
        shown("haproxy", ini, option, FORMS[option].format(text))


@pytest.mark.parametrize("option", ["--script", "--python-home", "--user", "--group", "--key"])
def test_apache_is_told_nothing_ambiguous_either(ini: Path, option: str) -> None:
    with pytest.raises(ConfigError):
        shown("apache", ini, option, "/x\nInclude /etc/passwd")


@pytest.mark.parametrize("value", ["localhost", "127.0.0.1; evil", "fe80::1%eth0", "0x7f.1"])
def test_only_addresses_stand_in_front_of_varnish(ini: Path, value: str) -> None:
    with pytest.raises(ConfigError, match="not an IP address"):
        shown("varnish", ini, "--in-front", value)


def test_a_path_that_cannot_be_written_down_is_told(tmp_path: Path) -> None:
    folder = tmp_path / "two words"
    folder.mkdir()
    with pytest.raises(ConfigError, match="which not every configuration can hold"):
        shown("nginx", new_ini(folder))


def test_hostile_canonical_urls_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"cannot be used|is not a host name"):
        shown("nginx", new_ini(tmp_path, url="https://code.example.com/a;b"))


@pytest.mark.parametrize("program", ["apache", "systemd"])
def test_kallithea_does_not_run_as_root(ini: Path, program: str) -> None:
    with pytest.raises(ConfigError, match="must not run as root"):
        shown(program, ini, "--user", "root")


def test_who_owns_the_ini_file_runs_kallithea(ini: Path) -> None:
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        os.chown(ini, nobody.pw_uid, nobody.pw_gid)
    owner = pwd.getpwuid(ini.stat().st_uid).pw_name
    assert f"\nUser={owner}\n" in run("deployment-create", "systemd", "-c", str(ini)).output


def test_a_file_is_written_and_the_next_steps_are_told(ini: Path) -> None:
    output = ini.parent / "kallithea.conf"
    said = run("deployment-create", "nginx", "-c", str(ini), "--output", str(output)).output
    assert said.startswith(f"Wrote {output}.\nNext:\n  1. save this as ")
    assert output.read_text() == shown("nginx", ini)


def test_several_files_are_written_into_a_folder(ini: Path) -> None:
    output = ini.parent / "units"
    output.mkdir()
    shown("systemd", ini, "--output", str(output))
    assert {path.name for path in output.iterdir()} == {"kallithea.service", "kallithea.socket"}


def test_the_script_of_apache_is_beside_the_ini_file(ini: Path) -> None:
    shown("apache", ini, "--output", str(ini.parent / "apache.conf"))
    script = ini.with_suffix(".wsgi").read_text()
    assert f'application_of("{ini}")' in script
    compile(script, "my.wsgi", "exec")


def test_an_existing_file_stays_unless_it_may_be_replaced(ini: Path) -> None:
    output = ini.parent / "kallithea.conf"
    output.write_text("mine")
    with pytest.raises(Conflict, match="exists already"):
        shown("nginx", ini, "--output", str(output))
    assert output.read_text() == "mine"
    shown("nginx", ini, "--output", str(output), "--force")
    assert "upstream" in output.read_text()


@pytest.mark.parametrize("program", PROGRAMS)
def test_every_program_says_what_its_options_are(program: str) -> None:
    assert "--output" in run("deployment-create", program, "--help").output
