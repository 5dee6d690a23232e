"""A small WSGI door for real hg clients: no accounts, one repository, everything that `HgServer` does."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from socketserver import ThreadingMixIn
from typing import Any
from urllib.parse import parse_qs
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from kallithea.lib.vcs.backend import Backend
from kallithea.lib.vcs.objects import RefUpdate
from kallithea.lib.vcs.requests import HgRequest


class CappedBody:
    """The request body, which ends where the client said it would."""

    def __init__(self, stream: Any, size: int) -> None:
        self._stream = stream
        self._left = size

    def read(self, size: int, /) -> bytes:
        content: bytes = self._stream.read(min(size, self._left))
        self._left -= len(content)
        return content


def commands_of(command: str, environ: dict[str, Any], query: dict[str, list[str]]) -> tuple[str, ...]:
    if command != "batch":
        return (command,)
    pieces = []
    while (piece := environ.get(f"HTTP_X_HGARG_{len(pieces) + 1}")) is not None:
        pieces.append(piece)
    batched = parse_qs("".join(pieces)).get("cmds") or query.get("cmds") or [""]
    return tuple(part.partition(" ")[0] for part in batched[0].split(";"))


def parse(environ: dict[str, Any]) -> HgRequest:
    query = parse_qs(environ.get("QUERY_STRING", ""), keep_blank_values=True)
    command = query.get("cmd", [""])[0]
    headers = [
        ("-".join(part.capitalize() for part in name[len("HTTP_") :].split("_")), value)
        for name, value in environ.items()
        if name.startswith("HTTP_X_HG")
    ]
    if environ.get("CONTENT_LENGTH"):
        headers.append(("Content-Length", environ["CONTENT_LENGTH"]))
    return HgRequest(command, commands_of(command, environ, query), environ.get("QUERY_STRING", ""), tuple(headers))


@dataclass
class Loopback:
    """The WSGI application; `pushes` keeps what was reported."""

    backend: Backend
    writable: bool = True
    pushes: list[tuple[RefUpdate, ...]] = field(default_factory=list)
    address: str = ""

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        body = CappedBody(environ["wsgi.input"], int(environ.get("CONTENT_LENGTH") or 0))
        reply = self.backend.server.serve(parse(environ), body, writable=self.writable, on_push=self.pushes.append)
        start_response(reply.status, [("Content-Type", reply.content_type), *reply.headers])
        return reply.chunks


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@contextmanager
def serving(backend: Backend, *, writable: bool = True) -> Iterator[Loopback]:
    """Serve one repository on a free port of this machine."""
    application = Loopback(backend, writable)
    with make_server("127.0.0.1", 0, application, _Server, _Quiet) as server:
        application.address = f"http://127.0.0.1:{server.server_port}/"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield application
        finally:
            server.shutdown()
            thread.join()
