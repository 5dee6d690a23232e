"""A server on the loopback that hands real git clients to `GitServer`, with as little between as possible."""

from __future__ import annotations

import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from typing import IO
from urllib.parse import parse_qs, urlsplit

from kallithea.lib.errors import KallitheaError
from kallithea.lib.vcs.backend import Backend
from kallithea.lib.vcs.objects import RefUpdate
from kallithea.lib.vcs.requests import GitRequest

Pushes = list[tuple[RefUpdate, ...]]


class Body:
    """A request body: of known length, in chunks, packed or not."""

    def __init__(self, headers: dict[str, str], stream: IO[bytes]) -> None:
        raw = stream.read(int(headers.get("content-length", "0"))) if "content-length" in headers else _chunked(stream)
        self._rest = BytesIO(zlib.decompress(raw, 31) if headers.get("content-encoding") == "gzip" else raw)

    def read(self, size: int, /) -> bytes:
        return self._rest.read(size)


def _chunked(stream: IO[bytes]) -> bytes:
    found = []
    while size := int(stream.readline().strip() or b"0", 16):
        found.append(stream.read(size))
        stream.readline()
    stream.readline()
    return b"".join(found)


@contextmanager
def serving(open_backend: Callable[[], Backend], *, writable: bool = True) -> Iterator[tuple[str, Pushes]]:
    """The address of a repository, and the pushes it got so far."""
    pushes: Pushes = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: object) -> None:
            del format, args

        def do_GET(self) -> None:
            self._answer(parse_qs(urlsplit(self.path).query)["service"][0], advertise=True)

        def do_POST(self) -> None:
            self._answer(urlsplit(self.path).path.rpartition("/")[2], advertise=False)

        def _answer(self, service: str, *, advertise: bool) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            request = GitRequest(service, advertise, headers.get("git-protocol", ""))
            body = Body({"content-length": "0"} if advertise else headers, self.rfile)
            try:
                reply = open_backend().server.serve(request, body, writable=writable, on_push=pushes.append)
            except KallitheaError as error:
                self.send_error(403, error.message)
                return
            self.send_response(200)
            self.send_header("Content-Type", reply.content_type)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            with suppress(BrokenPipeError, ConnectionResetError):
                for chunk in reply.chunks:
                    self.wfile.write(b"%x\r\n%s\r\n" % (len(chunk), chunk))
                self.wfile.write(b"0\r\n\r\n")

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/repository", pushes
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
