"""Whether a release works with its data: the gate before it is switched to."""

from __future__ import annotations

import re
import socket
import subprocess
import time
import urllib.error
import urllib.request
from http import HTTPStatus
from pathlib import Path
from typing import TextIO

from kallithea.installer.environment import failure, run
from kallithea.installer.errors import Refused
from kallithea.installer.layout import Release

PATIENCE = 60.0
"""Seconds that a server has to begin to answer."""

_FAILED = re.compile(r"^FAILED +[\d.]+ s  (?P<what>.+)$(?:\n +hint: (?P<hint>.+)$)?", re.MULTILINE)

# Ends with whoever started it, also when that is killed: then the pipe that it reads from is closed.
_SERVER = """
import os, sys, threading
threading.Thread(target=lambda: (sys.stdin.buffer.read(), os._exit(0)), daemon=True).start()
from kallithea.cli.encoding import ensure_utf8
from paste.deploy import loadapp
from waitress import serve
from kallithea.lib.errors import KallitheaError
try:
    app = loadapp("config:" + sys.argv[1])
except KallitheaError as error:
    sys.exit("\\n".join(["error: " + error.message, *(["hint: " + error.hint] if error.hint else [])]))
serve(app, host="127.0.0.1", port=int(sys.argv[2]))
"""


def check(release: Release, ini: Path, log: TextIO) -> None:
    """Have the release check itself with these data. Raises Refused with what it found."""
    run([str(release.program("kallithea-cli")), "self-check", "--quick", "-c", str(ini)], log, told=found)


def found(said: str) -> Refused:
    """The first thing that a self-check found wrong, with its hint; the others are likely to follow from it."""
    failed = [*_FAILED.finditer(said)]
    if not failed:
        return failure(["The self-check"], said)
    more = f" ({len(failed) - 1} more failed)" if len(failed) > 1 else ""
    return Refused(f"The self-check failed: {failed[0]['what']}{more}", hint=failed[0]["hint"])


def start_once(release: Release, ini: Path, log: TextIO) -> None:
    """Start the server at a free port, ask it how it is, and stop it."""
    port = _free_port()
    command = [str(release.python), "-I", "-X", "utf8", "-c", _SERVER, str(ini), str(port)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", errors="replace"
    ) as server:
        try:
            _wait_until_well(server, port)
        finally:
            if server.poll() is None:
                server.kill()
            said = server.communicate()[0]
            log.write(said)
        if server.returncode > 0:
            raise failure(["The server"], said)


def _wait_until_well(server: subprocess.Popen[str], port: int) -> None:
    # Not through a proxy that the environment names.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    end, last = time.monotonic() + PATIENCE, "it did not answer"
    while server.poll() is None:
        try:
            opener.open(f"http://127.0.0.1:{port}/_health", timeout=10).close()
            return
        except urllib.error.HTTPError as error:
            if error.code == HTTPStatus.NOT_FOUND:  # a release from before there was this page, and it answers
                return
            last = error.read().decode("utf-8", "replace")
        except OSError:
            pass
        if time.monotonic() > end:
            raise Refused(f"The server was started, and is not well: {last}")
        time.sleep(0.05)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])
