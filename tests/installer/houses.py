"""Installations whose releases run code of this checkout and of tags, for what upgrades do with real data.

A release is a virtual environment that finds one folder of code and the packages of the tests. It is made once for a run; a
home has links to it, so a home that is full of data can be copied for each test.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import sysconfig
import tarfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from kallithea import __version__
from kallithea.installer.layout import Home, Release

TOP = Path(__file__).parents[2]
TAGS = Path(__file__).with_name("tags")
FIRST = "1.0.0.dev1"
"""The first version that was tagged."""
NEW = f"{__version__}+new"
PASSWORD = "correct horse battery"
CLIENTS = {"hg": str(Path(sys.executable).parent / "hg"), "git": "git"}

_MADE_BY = "from kallithea.cli import main; main()"
FILL = """
import sys
from pathlib import Path
from kallithea.config.app import App
from kallithea.config.inifile import load
from kallithea.lib.access import Access
from kallithea.services.accounts import NewAccount
from kallithea.services.repositories import NewRepository
app = App.build(load(Path(sys.argv[1])).settings())
with app.system_scope() as scope:
    alice = scope.accounts.create(NewAccount("alice", "alice@example.com", "correct horse battery"))
    scope.accounts.create(NewAccount("bob", "bob@example.com", "correct horse battery"))
    for kind in ("hg", "git"):
        scope.repositories.create(NewRepository(f"web/{kind}", kind, is_private=False), owner=alice)
app.close()
"""
_SERVE = """
import sys, waitress
from paste.deploy import loadapp
waitress.serve(loadapp("config:" + sys.argv[1]), host="127.0.0.1", port=int(sys.argv[2]), threads=8)
"""


def code_of(tag: str, folder: Path) -> Path:
    """The code of a tag in a new folder, with the built front end of this checkout.

    It is kept beside the tests, as a checkout may come without tags: `git archive TAG … | xz -9e`.
    """
    folder.mkdir()
    with tarfile.open(TAGS / f"{tag}.tar.xz") as archive:
        archive.extractall(folder, filter="data")
    if not (folder / "kallithea" / "public").exists():
        shutil.copytree(TOP / "kallithea" / "public", folder / "kallithea" / "public")
    return folder


def environment(code: Path, folder: Path) -> Path:
    """A virtual environment that finds this code."""
    subprocess.run([sys.executable, "-I", "-m", "venv", "--without-pip", str(folder)], check=True)
    library = next((folder / "lib").glob("python*")) / "site-packages"
    (library / "code.pth").write_text(f"{code}\n{sysconfig.get_path('purelib')}\n")
    for name, line in {"kallithea-cli": _MADE_BY, "gearbox": "from gearbox.main import main; main()"}.items():
        program = folder / "bin" / name
        program.write_text(f"#!{folder / 'bin' / 'python'}\n{line}\n")
        program.chmod(0o755)
    return folder


def put(release: Release, made: Path) -> None:
    """Make a release of an environment."""
    release.path.mkdir(parents=True, exist_ok=True)
    for name in ("bin", "lib", "pyvenv.cfg"):
        link = release.path / name
        link.unlink(missing_ok=True)
        link.symlink_to(made / name)
    release.facts_file.write_text(json.dumps({"version": release.version}))


def furnished(home: Home, made: Path) -> None:
    """An installation of the first version, with people, grants, and pushes to hg and git."""
    home.path.mkdir()
    home.mark.write_text("")
    put(home.release(FIRST), made)
    home.switch(home.release(FIRST))
    cli = str(home.release(FIRST).program("kallithea-cli"))
    environ = {**os.environ, "KALLITHEA_PASSWORD": PASSWORD}
    port = free_port()
    subprocess.run([cli, "instance-create", "--data", str(home.data), "--port", str(port)], env=environ, check=True)
    subprocess.run([str(home.release(FIRST).python), "-I", "-c", FILL, str(home.ini)], check=True)
    with served(home.release(FIRST), home) as address:
        for kind in ("hg", "git"):
            push_something(kind, f"{address}/web/{kind}", home.path.parent / f"work-{kind}")


@contextmanager
def served(release: Release, home: Home) -> Iterator[str]:
    """The address of the site, while a release serves it."""
    port = free_port()
    with subprocess.Popen([str(release.python), "-I", "-X", "utf8", "-c", _SERVE, str(home.ini), str(port)]) as server:
        try:
            address = f"http://127.0.0.1:{port}"
            wait_for(f"{address}/_health", server)
            yield address
        finally:
            server.kill()


def wait_for(address: str, server: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 90
    while time.monotonic() < end and server.poll() is None:
        try:
            urllib.request.urlopen(address, timeout=10).close()
            return
        except urllib.error.HTTPError as error:
            if error.code == 404:  # the first version has no such page
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"{address} does not answer")


def push_something(kind: str, address: str, folder: Path, name: str = "hello.txt") -> subprocess.CompletedProcess[str]:
    """Commit and push a file as alice, into a new clone or one that is there."""
    if not folder.exists():
        cloned(kind, address, folder)
    (folder / name).write_text(name)
    for arguments in (("add", name), ("commit", "-m", f"Add {name}")):
        run_client(kind, *arguments, where=folder).check_returncode()
    return run_client(kind, "push", _of_alice(address), *(["HEAD:refs/heads/main"] if kind == "git" else []), where=folder)


def cloned(kind: str, address: str, folder: Path) -> Path:
    """A new clone of alice."""
    run_client(kind, "clone", _of_alice(address), str(folder), where=folder.parent).check_returncode()
    return folder


def run_client(kind: str, *arguments: str, where: Path) -> subprocess.CompletedProcess[str]:
    environ = {
        **os.environ,
        "HGUSER": "Alice <alice@example.com>",
        "HGPLAIN": "1",
        "HGRCPATH": "",
        "GIT_CONFIG_GLOBAL": os.devnull,
    }
    for role in ("AUTHOR", "COMMITTER"):
        environ |= {f"GIT_{role}_NAME": "Alice", f"GIT_{role}_EMAIL": "alice@example.com"}
    return subprocess.run([CLIENTS[kind], *arguments], cwd=where, env=environ, capture_output=True, text=True, check=False)


def _of_alice(address: str) -> str:
    return address.replace("://", f"://alice:{PASSWORD.replace(' ', '%20')}@")


def rows(home: Home) -> dict[str, list[dict[str, object]]]:
    """Everything in the database, by table."""
    with closing(sqlite3.connect(home.data / "kallithea.db")) as connection:
        connection.row_factory = sqlite3.Row
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: [dict(row) for row in connection.execute(f'SELECT * FROM "{name}"')] for name in tables}


def stores(home: Home) -> dict[str, str]:
    """The content of every file of every repository."""
    files = (path for path in sorted((home.data / "repos" / ".store").rglob("*")) if path.is_file())
    return {str(path.relative_to(home.data)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def of_before(after: list[dict[str, object]], before: list[dict[str, object]]) -> list[dict[str, object]]:
    """What is in the columns that there were before."""
    return [{name: value for name, value in row.items() if name in before[0]} for row in after]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])
