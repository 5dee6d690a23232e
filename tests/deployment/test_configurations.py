"""What deployment-create writes is accepted by the real programs, and is what the manual shows."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from kallithea.config.deployment import systemd
from kallithea.config.deployment.site import File
from kallithea.config.deployment.wishes import instance_of
from kallithea.config.template import SERVERS
from tests.clients.server import CHECKOUT
from tests.deployment import apache
from tests.deployment.proxies import Place
from tests.deployment.servers import PATIENCE, program, run_cli, self_signed
from tests.deployment.test_haproxy import haproxy
from tests.deployment.test_nginx import nginx
from tests.ports import free_port

MANUAL = CHECKOUT / "docs" / "deployment"
EXAMPLE = "/srv/kallithea"
"""Where the manual has everything."""
PAGES = ("apache", "nginx", "haproxy", "varnish", "systemd")


@dataclass(frozen=True)
class Variant:
    """Settings of the ini file and options of the command."""

    url: str = "http://code.example.com"
    settings: Sequence[str] = ()
    options: Sequence[str] = ()


VARIANTS = {
    "plain": Variant(),
    "prefix": Variant("http://code.example.com/scm.v2/here"),
    "https": Variant("https://code.example.com"),
    "https, prefix and port": Variant("https://code.example.com:8443/scm"),
}
MACHINES = {**VARIANTS, "two machines": Variant(options=("--server", "127.0.0.2:5000", "--server", "[::1]:5000"))}
FILES = {"static files": Variant("https://code.example.com/scm", settings=("static_files=false",))}
UWSGI = {"uwsgi": Variant("https://code.example.com/scm", settings=("http_server=uwsgi",))}


def variants(known: dict[str, Variant]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("variant", known.values(), ids=known)


def written(folder: Path, name: str, variant: Variant) -> Place:
    """The configuration of a variant, listening at a port that is free here."""
    run_cli("config-create", str(folder / "my.ini"), f"canonical_url={variant.url}", *variant.settings)
    if "http_server=uwsgi" in variant.settings:
        ini = folder / "my.ini"
        ini.write_text(ini.read_text().replace("\nhttp-socket = ", "\nsocket = "))
    port = free_port()
    options = [*variant.options, "--listen", "127.0.0.1", "--port", str(port)]
    if variant.url.startswith("https:") and name != "varnish":
        options += ["--redirect-port", str(free_port()), *_certificates(folder, name)]
    if name == "apache":
        options += ["--user", apache.USER]
    output = folder / "kallithea.conf"
    run_cli("deployment-create", name, "-c", str(folder / "my.ini"), "--output", str(output), *options)
    return Place(folder, port, output)


def _certificates(folder: Path, name: str) -> list[str]:
    certificate, key = self_signed(folder)
    if name != "haproxy":
        return ["--certificate", str(certificate), "--key", str(key)]
    both = folder / "both.pem"
    both.write_text(certificate.read_text() + key.read_text())
    return ["--certificate", str(both)]


def accepts(*command: str) -> None:
    """The program's own test of a configuration passes, without a warning."""
    done = subprocess.run(
        [program(command[0]), *command[1:]], capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=PATIENCE
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    assert not re.search(r"\[?(warn|WARNING|alert|ALERT)", said), said


@variants({**MACHINES, **FILES, **UWSGI})
def test_nginx_accepts(tmp_path: Path, variant: Variant) -> None:
    accepts(*nginx(written(tmp_path, "nginx", variant)), "-t")


@variants(MACHINES)
def test_haproxy_accepts(tmp_path: Path, variant: Variant) -> None:
    accepts(*haproxy(written(tmp_path, "haproxy", variant)), "-c")


@variants(MACHINES)
def test_varnish_accepts(tmp_path: Path, variant: Variant) -> None:
    place = written(tmp_path, "varnish", variant)
    accepts("varnishd", "-j", "none", "-C", "-n", str(tmp_path / "varnish"), "-f", str(place.configuration))


@variants({**VARIANTS, **FILES})
def test_apache_accepts(tmp_path: Path, variant: Variant) -> None:
    apache.require()
    place = written(tmp_path, "apache", variant)
    accepts("apache2", "-t", "-f", str(apache.main_configuration(tmp_path, place.configuration)))


@pytest.mark.parametrize("server", sorted(SERVERS))
def test_systemd_accepts(tmp_path: Path, server: str) -> None:
    run_cli("config-create", str(tmp_path / "my.ini"), f"http_server={server}")
    run_cli("deployment-create", "systemd", "-c", str(tmp_path / "my.ini"), "--user", "nobody", "--output", str(tmp_path))
    accepts("systemd-analyze", "verify", "--man=no", *map(str, tmp_path.glob("kallithea.*")))


@pytest.mark.parametrize("name", PAGES)
def test_the_manual_shows_what_is_written(tmp_path: Path, name: str) -> None:
    page = (MANUAL / f"{name}.md").read_text(encoding="utf-8")

    blocks = re.findall(r"^```\w*\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)

    assert as_in_the_manual(tmp_path, name) in blocks, f"put what deployment-create {name} shows into {name}.md"


def as_in_the_manual(folder: Path, name: str) -> str:
    """What the command shows on the machine of the manual."""
    run_cli("config-create", str(folder / "my.ini"), "canonical_url=https://code.example.com", "trusted_proxies=127.0.0.1,::1")
    if name == "systemd":
        return units_of_the_example(folder)
    owner = ("--user", "kallithea", "--group", "kallithea", "--python-home", f"{EXAMPLE}/venv") if name == "apache" else ()
    return run_cli("deployment-create", name, "-c", str(folder / "my.ini"), *owner).replace(str(folder), EXAMPLE)


def units_of_the_example(folder: Path) -> str:
    """The units as they are there: what they forbid depends on the place, and tests are often below /tmp."""
    home = Path(EXAMPLE)
    here = instance_of(folder / "my.ini")
    assert here.database
    there = replace(
        here, ini=home / "my.ini", repositories=home / "repos", cache=home / "cache", database=home / "kallithea.db"
    )
    made = systemd.deployment(there, user="kallithea", group="kallithea", python_home=home / "venv")
    return "".join(f"{heading(number, file)}{file.text}" for number, file in enumerate(made.files))


def heading(number: int, file: File) -> str:
    return f"\n# ---- The next file: {file.path} ----\n\n" if number else ""
