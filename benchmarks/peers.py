"""The servers that we measure ourselves against, each in a process of its own.

`python -m benchmarks.peers git|hg|klaus FOLDER SOCKET`: `git http-backend`, `hgweb` and klaus as they come, behind the same
waitress as ours, with as many threads. There is no login.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import waitress

THREADS = 16
WHAT, FOLDER = "BENCHMARK_SERVES", "BENCHMARK_FOLDER"
"""Variables for `benchmarks.served`: what to serve, OURS or a key of APPLICATIONS, and the folder it lies in."""
OURS = "ours"
CHUNK = 1 << 17
LIMIT = 100 << 30
SAME_CARE = {
    # What our server asks of git too: objects checked, and on the disk when the push is acknowledged.
    "transfer.fsckObjects": "true",
    "receive.fsck.badTimezone": "ignore",
    "core.fsync": "objects,derived-metadata,reference",
    "core.fsyncMethod": "batch",
    "gc.auto": "0",
    "receive.autogc": "false",
}


class HttpBackend:
    """The smallest bridge from WSGI to the CGI program `git http-backend`."""

    def __init__(self, folder: str, *, careful: bool) -> None:
        settings = {"http.receivepack": "true", "safe.directory": "*", **(SAME_CARE if careful else {})}
        self._environment = {
            "PATH": os.environ["PATH"],
            "GIT_PROJECT_ROOT": folder,
            "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_COUNT": str(len(settings)),
            **{f"GIT_CONFIG_KEY_{number}": key for number, key in enumerate(settings)},
            **{f"GIT_CONFIG_VALUE_{number}": value for number, value in enumerate(settings.values())},
        }

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        given = {
            name: value
            for name, value in environ.items()
            if isinstance(value, str) and (name.startswith(("HTTP_", "CONTENT_", "REMOTE_")) or name in _CGI_NAMES)
        }
        body = self._spooled(environ)
        child = subprocess.Popen(
            ["git", "http-backend"],
            stdin=body,
            stdout=subprocess.PIPE,
            env={**self._environment, **{name: value for name, value in given.items() if value}},
        )
        assert child.stdout is not None
        headers = []
        while (line := child.stdout.readline().strip()) != b"":
            name, _, value = line.decode("latin-1").partition(": ")
            headers.append((name, value))
        status = dict(headers).get("Status", "200 OK")
        start_response(status, [header for header in headers if header[0] != "Status"])
        return self._chunks(child, body)

    @staticmethod
    def _spooled(environ: dict[str, Any]) -> Any:
        body = tempfile.TemporaryFile()  # noqa: SIM115 - closed by _chunks
        left = int(environ.get("CONTENT_LENGTH") or 0)
        while left and (chunk := environ["wsgi.input"].read(min(left, CHUNK))):
            body.write(chunk)
            left -= len(chunk)
        body.seek(0)
        return body

    @staticmethod
    def _chunks(child: subprocess.Popen[bytes], body: Any) -> Iterator[bytes]:
        assert child.stdout is not None
        with body, child.stdout as out:
            while chunk := out.read1(CHUNK):  # type: ignore[attr-defined] # a BufferedReader, of which typeshed does not know
                yield chunk
        child.wait()


_CGI_NAMES = {"REQUEST_METHOD", "PATH_INFO", "QUERY_STRING", "SERVER_NAME", "SERVER_PORT", "SERVER_PROTOCOL"}


def hgweb(folder: str) -> Any:
    """All repositories below a folder; anybody may push."""
    os.environ["HGRCPATH"] = ""
    from mercurial import hgweb as web  # the other peer does without it
    from mercurial import initialization
    from mercurial import ui as uimod

    initialization.init()  # what `hg serve` does at its start; without it no bundle can be read
    ui = uimod.ui.load()
    for section, name, value in (
        (b"web", b"push_ssl", b"no"),
        (b"web", b"allow-push", b"*"),
        (b"server", b"validate", b"yes"),
        (b"web", b"refreshinterval", b"0"),
        (b"web", b"allow-archive", b"gz"),
    ):
        ui.setconfig(section, name, value)
    return web.hgwebdir_mod.hgwebdir({b"/": os.fsencode(f"{folder}/*")}, baseui=ui)


def klaus(folder: str) -> Any:
    """The git repositories that are in a folder now; klaus is installed by who wants to compare with it."""
    from klaus import make_app

    return make_app([str(path) for path in Path(folder).iterdir()], "measured")


APPLICATIONS = {"hg": hgweb, "klaus": klaus}
"""Those that are WSGI applications, by the folder of their repositories."""


def main(peer: str, folder: str, listening: str) -> None:
    application = APPLICATIONS[peer](folder) if peer in APPLICATIONS else HttpBackend(folder, careful=peer == "git")
    waitress.serve(
        application,
        sockets=[socket.socket(fileno=int(listening))],
        threads=THREADS,
        max_request_body_size=LIMIT,
        asyncore_use_poll=True,
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
