"""An instance whose ini file nobody edited: all that is its own comes from the environment."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from tests.clients.server import CHECKOUT
from tests.ports import free_port

CLI = [sys.executable, "-c", "from kallithea.cli import main; main()"]


def test_gearbox_and_commands_run_with_what_variables_say(tmp_path: Path) -> None:
    ini, data, port = tmp_path / "image" / "kallithea.ini", tmp_path / "volume", free_port()
    ini.parent.mkdir()
    data.mkdir()
    subprocess.run([*CLI, "config-create", str(ini)], cwd=CHECKOUT, check=True)
    ini.chmod(0o400)
    before = ini.read_bytes()
    (data / "secret").write_text("a secret that only the file has\n")
    environ = {
        **os.environ,
        "KALLITHEA__APP_MAIN__TITLE": "House of variables",
        "KALLITHEA__APP_MAIN__REPOS_PATH": str(data / "repos"),
        "KALLITHEA__APP_MAIN__CACHE_DIR": str(data / "cache"),
        "KALLITHEA__APP_MAIN__SQLALCHEMY_URL": f"sqlite:///{data}/kallithea.db",
        "KALLITHEA__APP_MAIN__SESSION_SECRET__FILE": str(data / "secret"),
        "KALLITHEA__SERVER_MAIN__PORT": str(port),
    }
    account = ["--user", "ann", "--password", "correct horse", "--email", "ann@example.com", "--force-yes"]
    subprocess.run([*CLI, "db-create", "-c", str(ini), *account], cwd=CHECKOUT, env=environ, check=True)
    gearbox = Path(sys.executable).with_name("gearbox")
    with subprocess.Popen([gearbox, "serve", "-c", str(ini)], cwd=CHECKOUT, env=environ) as server:
        try:
            page = _page(f"http://127.0.0.1:{port}/", server)
        finally:
            server.terminate()
    assert "House of variables" in page
    assert {path.name for path in data.iterdir()} >= {"repos", "cache", "kallithea.db"}
    assert ini.read_bytes() == before


def test_a_misspelt_variable_stops_the_server_with_a_sentence(tmp_path: Path) -> None:
    ini = tmp_path / "kallithea.ini"
    subprocess.run([*CLI, "config-create", str(ini)], cwd=CHECKOUT, check=True)
    environ = {**os.environ, "KALLITHEA__APP_MAIN__FORCE_HTPS": "true"}
    gearbox = Path(sys.executable).with_name("gearbox")
    ended = subprocess.run(
        [gearbox, "serve", "-c", str(ini)], cwd=CHECKOUT, env=environ, capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode == 1
    assert "The variable KALLITHEA__APP_MAIN__FORCE_HTPS stands for no setting of Kallithea." in ended.stderr
    assert "hint: Did you mean KALLITHEA__APP_MAIN__FORCE_HTTPS?" in ended.stderr
    assert "Traceback" not in ended.stderr


def _page(address: str, server: subprocess.Popen[bytes]) -> str:
    until = time.monotonic() + 60
    while True:
        try:
            with urllib.request.urlopen(address, timeout=10) as answer:
                return str(answer.read(), "utf-8")
        except OSError:
            assert server.poll() is None
            assert time.monotonic() < until
            time.sleep(0.05)
