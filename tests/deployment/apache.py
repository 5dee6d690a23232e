"""Apache httpd with mod_wsgi, started as Debian does, with what deployment-create writes.

Apache serves nobody as root, and the checkout may lie where only root can read. So Kallithea is put into an environment of the
Python that mod_wsgi was built for, in a folder that everybody can read, and the instance belongs to the user of Apache.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.clients.server import CHECKOUT, Hosted, Server
from tests.deployment.proxies import HOST, NAME
from tests.deployment.servers import (
    PATIENCE,
    Instance,
    end,
    instance,
    program,
    run_cli,
    self_signed,
    wait_until_open,
)
from tests.ports import free_port

MODULES = Path("/etc/apache2/mods-available")
ENABLED = (
    *("mpm_event", "access_compat", "alias", "auth_basic", "authn_core", "authn_file", "authz_core", "authz_host"),
    *("authz_user", "autoindex", "deflate", "dir", "env", "filter", "headers", "mime", "negotiation", "reqtimeout"),
    *("setenvif", "socache_shmcb", "ssl", "wsgi"),
)
"""What Debian enables, and what docs/deployment/apache.md adds."""
PYTHON = "/usr/bin/python3"
"""The one that Debian builds mod_wsgi for."""
USER = "www-data" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name


class Belonging(Server):
    """A server that runs as a user of its own; what the test makes as root is given to that user."""

    def repository(self, **wishes: object) -> Hosted:
        made = super().repository(**wishes)  # type: ignore[arg-type]  # handed through as they are
        give(self.folder / "repos")
        return made


@dataclass(frozen=True)
class Home:
    """An environment with Kallithea that everybody can read, and a folder for instances beside it."""

    folder: Path

    @property
    def python_home(self) -> Path:
        return self.folder / "venv"

    def new_folder(self) -> Path:
        return Path(tempfile.mkdtemp(dir=self.folder, prefix="instance"))


@contextmanager
def home() -> Iterator[Home]:
    """Make the environment, and remove it and all instances in the end."""
    require()
    folder = Path(tempfile.mkdtemp(prefix="kallithea-apache-"))
    try:
        folder.chmod(0o755)
        made = Home(folder)
        _fill(made.python_home)
        yield made
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def apache(home: Home, *settings: str, prefix: str = "", https: bool = False) -> Iterator[Server]:
    """A site inside Apache."""
    folder, port = home.new_folder(), free_port()
    scheme = "https" if https else "http"
    with ExitStack() as stack:
        canonical = f"canonical_url={scheme}://{NAME}:{port}{prefix}"
        made = stack.enter_context(instance(folder, canonical, "hg_helpers=1", *settings))
        tls: tuple[str, ...] = ()
        authorities = None
        if https:
            authorities, key = self_signed(folder)
            tls = ("--redirect-port", "0", "--certificate", str(authorities), "--key", str(key))
        generated = folder / "kallithea.conf"
        options = ("--listen", HOST, "--user", USER, "--python-home", str(home.python_home), *tls)
        run_cli("deployment-create", "apache", "-c", str(made.ini), "--output", str(generated), *options)
        main = main_configuration(folder, generated)
        folder.chmod(0o755)
        give(folder)
        yield stack.enter_context(_running(made, main, f"{NAME}:{port}", scheme, prefix, authorities))


def require() -> None:
    """Skip where Apache or mod_wsgi is missing."""
    program("apache2")
    if not (MODULES / "wsgi.load").exists():
        pytest.skip("libapache2-mod-wsgi-py3 is not installed")


def give(folder: Path) -> None:
    """Give a folder and all that is in it to the user of Apache."""
    if os.geteuid() != 0:
        return
    for path in (folder, *folder.rglob("*")):
        shutil.chown(path, USER, USER)


def main_configuration(folder: Path, generated: Path) -> Path:
    """A configuration like that of Debian, but everything that Apache writes in one folder."""
    main = folder / "apache2.conf"
    parts = [MODULES / f"{name}.{kind}" for name in ENABLED for kind in ("load", "conf")]
    run = folder / "run"
    run.mkdir()
    lines = (
        f"ServerRoot {folder}",
        "ServerName localhost",
        f"PidFile {run}/apache2.pid",
        f"DefaultRuntimeDir {run}",
        f"Mutex file:{run} default",
        f"ErrorLog {folder}/server.log",
        "LogLevel info",
        *((f"User {USER}", f"Group {USER}") if os.geteuid() == 0 else ()),
        f"WSGISocketPrefix {run}/wsgi",
        *(f"Include {part}" for part in parts if part.exists()),
        "<Directory />\n    AllowOverride None\n    Require all denied\n</Directory>",
        f"Include {generated}",
    )
    text = "\n".join(_loading_order(lines))
    main.write_text(f"{text}\n".replace("Include /etc/apache2/mods-available/ssl.conf\n", ""))
    return main


def _loading_order(lines: Sequence[str]) -> list[str]:
    """Settings of a module come after the module."""
    first = [line for line in lines if line.endswith(".load")]
    return first + [line for line in lines if not line.endswith(".load")]


@contextmanager
def _running(
    made: Instance, main: Path, authority: str, scheme: str, prefix: str, authorities: Path | None
) -> Iterator[Server]:
    # As a service manager starts it: nothing about a language, nothing of the tests' own environment.
    environment = {"PATH": os.environ["PATH"], "APACHE_RUN_DIR": str(made.folder / "run"), "LANG": "C"}

    def start() -> subprocess.Popen[bytes]:
        with made.log.open("ab") as log:
            process = subprocess.Popen(
                [program("apache2"), "-D", "FOREGROUND", "-f", str(main)],
                cwd=made.folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        wait_until_open(authority, process, made.log)
        return process

    server = Belonging(made.folder, made.app, authority, start, prefix, scheme=scheme, authorities=authorities)
    try:
        yield server
    finally:
        end(server.process)


def _fill(environment: Path) -> None:
    """Put Kallithea and what it needs into an environment of Debian's Python."""
    subprocess.run([PYTHON, "-m", "venv", "--without-pip", str(environment)], check=True, timeout=PATIENCE)
    python = environment / "bin" / "python3"
    tell = "import sys, sysconfig; print(*sys.version_info[:2], sysconfig.get_path('purelib'))"
    told = subprocess.run([python, "-c", tell], check=True, capture_output=True, text=True, timeout=PATIENCE)
    major, minor, site_packages = told.stdout.split()
    if (int(major), int(minor)) != sys.version_info[:2]:
        # Compiled parts would not fit.
        pip = (sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", str(CHECKOUT))
        subprocess.run(pip, check=True, timeout=10 * PATIENCE)
        return
    for name in sorted(_needed("kallithea", set())):
        _copy_distribution(name, Path(site_packages))
    _copy_ourselves(Path(site_packages))


def _needed(name: str, found: set[str]) -> set[str]:
    """The distributions that one needs here, without itself."""
    for text in metadata.requires(name) or ():
        requirement = Requirement(text)
        wanted = requirement.marker is None or requirement.marker.evaluate({"extra": ""})
        if wanted and requirement.name.lower() not in found:
            found.add(requirement.name.lower())
            _needed(requirement.name, found)
    return found


def _copy_distribution(name: str, target: Path) -> None:
    for file in metadata.files(name) or ():
        source = Path(str(file.locate()))
        # Scripts lie outside, and are not needed.
        if ".." in file.parts or not source.is_file():
            continue
        place = target / file
        place.parent.mkdir(parents=True, exist_ok=True)
        # With its time, for which what is compiled already counts.
        shutil.copy2(source, place)


def _copy_ourselves(target: Path) -> None:
    shutil.copytree(CHECKOUT / "kallithea", target / "kallithea", ignore=shutil.ignore_patterns("front-end"))
    own = metadata.distribution("kallithea")
    about = target / f"kallithea-{own.version}.dist-info"
    about.mkdir()
    about.joinpath("METADATA").write_text(f"Metadata-Version: 2.1\nName: kallithea\nVersion: {own.version}\n")
    about.joinpath("entry_points.txt").write_text(own.read_text("entry_points.txt") or "")
