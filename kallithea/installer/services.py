"""Restarting what serves: through the service manager in use, or by a command that was given."""

from __future__ import annotations

import configparser
import os
import shlex
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from http import HTTPStatus
from pathlib import Path
from typing import TextIO

from kallithea.installer.environment import run
from kallithea.installer.errors import Refused
from kallithea.installer.layout import Home
from kallithea.installer.service_files import LABEL

UNITS = ("kallithea.service", "kallithea-ssh.service")
SYSTEMD = Path("/etc/systemd/system")
PATIENCE = 90.0
"""Seconds that a restarted server has to be well."""


def restart_command(home: Home, given: str | None) -> list[str] | None:
    """What restarts the server of this home; None where a person started it."""
    if given:
        return shlex.split(given)
    if sys.platform == "darwin":
        return _of_launchd(home) if shutil.which("launchctl") else None
    manager, units = units_in_use(home)
    return [*manager, "restart", *units] if units else None


def units_in_use(home: Home) -> tuple[list[str], list[str]]:
    """The units of systemd that run what is in this home, behind what they are asked with: `systemctl`, or `systemctl --user`
    where they are of the user. No units where there are none."""
    for manager in (["systemctl"], ["systemctl", "--user"]) if shutil.which("systemctl") else ():
        if units := [unit for unit in UNITS if _is_ours(manager, unit, home)]:
            return manager, units
    return ["systemctl"], []


def _of_launchd(home: Home) -> list[str] | None:
    """As a daemon of the system, or an agent of the user, with windows or without."""
    for domain in ("system", f"gui/{os.getuid()}", f"user/{os.getuid()}"):
        if _says(["launchctl", "print", f"{domain}/{LABEL}"], home):
            return ["launchctl", "kickstart", "-k", f"{domain}/{LABEL}"]
    return None


def restart(command: list[str], home: Home, log: TextIO) -> None:
    """Restart, and wait until the server is well. Raises Refused where it is not."""
    run(command, log)
    where = address(home.ini)
    if where is None:
        return
    # Not through a proxy that the environment names.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    end, last = time.monotonic() + PATIENCE, "it does not answer"
    while time.monotonic() < end:
        try:
            opener.open(f"{where}/_health", timeout=10).close()
            return
        except urllib.error.HTTPError as error:
            if error.code == HTTPStatus.NOT_FOUND:  # a release from before there was this page, and it answers
                return
            last = error.read().decode("utf-8", "replace")
        except OSError:
            pass
        time.sleep(0.2)
    raise Refused(f"The server was restarted, and is not well: {last}")


def installed_units(home: Home, folder: Path = SYSTEMD) -> list[Path]:
    """Files of systemd outside of the home that start what is in it."""
    return [path for path in sorted(folder.glob("kallithea*")) if f"{home.path}{os.sep}" in _text(path)]


def address(ini: Path) -> str | None:
    """Where the server listens, as the ini file says it; None where it says so in a way of its own."""
    parser = configparser.RawConfigParser()
    try:
        parser.read(ini, encoding="utf-8")
        host, port = parser.get("server:main", "host"), parser.getint("server:main", "port")
    except (configparser.Error, ValueError):
        return None
    host = {"0.0.0.0": "127.0.0.1", "*": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - nothing is bound here
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _is_ours(manager: list[str], unit: str, home: Home) -> bool:
    """Whether a unit runs and starts what is in this home."""
    return _says([*manager, "show", "--property=ActiveState,ExecStart", unit], home, "ActiveState=active\n")


def _says(command: list[str], home: Home, *words: str) -> bool:
    try:
        ended = subprocess.run(command, capture_output=True, encoding="utf-8", errors="replace", timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return ended.returncode == 0 and all(word in ended.stdout for word in (*words, f"{home.path}{os.sep}"))
