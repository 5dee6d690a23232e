"""A stand-in for IIS: `python -m tests.deployment.iis.server PORT DISPATCH_SCRIPT [VIRTUAL_DIRECTORY]`.

It listens for HTTP on this machine, loads a dispatch script as the loader DLL of pywin32 does, and hands each request to it as
an EXTENSION_CONTROL_BLOCK that follows the documentation of pywin32 and ISAPI where that surprises: what is bytes and what is
text, numbers of 32 bits, the whole path as PATH_INFO, in a code page.
"""

from __future__ import annotations

import importlib
import signal
import socket
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import unquote

from isapi import ExtensionError, isapicon

READ_AHEAD = 49152
"""Bytes of a body that IIS has read before it calls an extension (uploadReadAheadSize)."""
LARGEST_VARIABLE = 65536
"""Bytes of a server variable that pywin32 fetches."""
INSUFFICIENT_BUFFER, INVALID_INDEX, CONNECTION_INVALID = 122, 1413, 1229


class RequestBody:
    """What the client sends behind its headers, of a known size or in chunks."""

    def __init__(self, stream: Any, size: int | None) -> None:
        self._stream = stream
        self._is_chunked = size is None
        self._left = size or 0
        self.is_read = size == 0

    def read(self, size: int) -> bytes:
        """Up to so many bytes; none where nothing is left."""
        if self._is_chunked and not self._left and not self.is_read:
            self._left = int(self._stream.readline().split(b";")[0] or b"0", 16)
            if not self._left:
                self._stream.readline()
                self.is_read = True
        found: bytes = self._stream.read1(min(size, self._left)) if self._left else b""
        self._left -= len(found)
        if self._left and not found:
            raise ConnectionError("the client went away")
        if self._is_chunked and not self._left and not self.is_read:
            self._stream.readline()
        self.is_read = self.is_read or (not self._is_chunked and not self._left)
        return found


class ControlBlock:
    """An EXTENSION_CONTROL_BLOCK. Whoever touches it after DoneWithSession would crash IIS: here that ends the process."""

    def __init__(self, connection: Connection, virtual_directory: str) -> None:
        self.Version = 0x80000
        self.ConnID = id(connection)
        self.HttpStatusCode = 0
        self._connection = connection
        self._mount = virtual_directory
        chunked = "chunked" in connection.headers.get("Transfer-Encoding", "").lower()
        length = int(connection.headers.get("Content-Length") or 0)
        self.body = RequestBody(connection.rfile, None if chunked else length)
        self.AvailableData = (
            b"" if self.body.is_read else self.body.read(min(READ_AHEAD, length) if not chunked else READ_AHEAD)
        )
        self.AvailableBytes = len(self.AvailableData)
        # cbTotalBytes: 0xffffffff where it is unknown or larger; pywin32 makes a signed number of it.
        total = 0xFFFFFFFF if chunked else min(length, 0xFFFFFFFF)
        self.TotalBytes = total - (1 << 32) if total >> 31 else total
        self.done = threading.Event()
        self.outcome = 0
        self.keep = False

    def __getattribute__(self, name: str) -> Any:
        if name[0].isupper() and object.__getattribute__(self, "__dict__").get("outcome"):
            sys.stderr.write(f"{name} was used after DoneWithSession\n")
            sys.stderr.flush()
            signal.raise_signal(signal.SIGABRT)
        return object.__getattribute__(self, name)

    @property
    def Method(self) -> bytes:
        return self._connection.command.encode()

    @property
    def QueryString(self) -> bytes:
        return self._connection.path.partition("?")[2].encode("latin-1")

    @property
    def PathInfo(self) -> bytes:
        return self._path().encode("cp1252", "replace")

    @property
    def ContentType(self) -> bytes:
        return self._connection.headers.get("Content-Type", "").encode("latin-1")

    def GetServerVariable(self, name: str, *default: Any) -> bytes | str | None:
        found = self._variables().get(name.removeprefix("UNICODE_"))
        if found is None or len(found.encode("latin-1", "replace")) > LARGEST_VARIABLE:
            if default and default[0] is not NotImplemented:
                return default[0]  # type: ignore[no-any-return]
            raise ExtensionError(INVALID_INDEX if found is None else INSUFFICIENT_BUFFER, None, "GetServerVariable")
        if name.startswith("UNICODE_"):
            return found
        return found.encode("latin-1" if name in ("ALL_RAW", "UNENCODED_URL") else "cp1252", "replace")

    def ReadClient(self, size: int | None = None) -> bytes:
        wanted = self.TotalBytes - self.AvailableBytes if size is None else size
        found = bytearray()
        try:
            while len(found) < wanted and (more := self.body.read(wanted - len(found))):
                found += more
        except (OSError, ValueError) as error:
            raise ExtensionError(CONNECTION_INVALID, None, "ReadClient") from error
        return bytes(found)

    def SendResponseHeaders(self, reply: bytes | str, headers: bytes | str, keep: bool = False) -> None:
        status, lines = (text.encode() if isinstance(text, str) else text for text in (reply, headers))
        assert lines.endswith(b"\r\n\r\n") or lines == b"\r\n", "headers end with an empty line"
        self.keep = bool(keep)
        connection = b"" if keep else b"Connection: close\r\n"
        self._send(b"HTTP/1.1 " + status + b"\r\nServer: Stand-in\r\n" + connection + lines)

    def WriteClient(self, data: bytes | str, _reserved: int = 0) -> int:
        sent = data.encode() if isinstance(data, str) else data
        self._send(sent)
        return len(sent)

    def IsKeepConn(self) -> bool:
        return not self._connection.close_connection

    def DoneWithSession(self, status: int = isapicon.HSE_STATUS_SUCCESS) -> None:
        self.outcome = status
        self.done.set()

    def _send(self, data: bytes) -> None:
        try:
            self._connection.wfile.write(data)
        except OSError as error:
            raise ExtensionError(CONNECTION_INVALID, None, "WriteClient") from error

    def _path(self) -> str:
        """The path as IIS resolves it."""
        parts: list[str] = []
        path = unquote(self._connection.path.partition("?")[0], errors="replace")
        for part in path.split("/")[1:]:
            if part == "..":
                del parts[-1:]
            elif part != ".":
                parts.append(part)
        return "/" + "/".join(parts)

    def _variables(self) -> dict[str, str]:
        connection = self._connection
        host, port = connection.server.server_address[:2]
        return {
            "ALL_RAW": "".join(f"{name}: {value}\r\n" for name, value in connection.headers.items()),
            "APPL_MD_PATH": f"/LM/W3SVC/1/ROOT{self._mount.upper()}",
            "HTTPS": "off",
            "PATH_INFO": self._path(),
            "SCRIPT_NAME": self._path(),
            "URL": self._path(),
            "UNENCODED_URL": connection.path,
            "SERVER_NAME": connection.headers.get("Host", str(host)).partition(":")[0],
            "SERVER_PORT": str(port),
            "SERVER_PROTOCOL": connection.request_version,
            "SERVER_SOFTWARE": "Microsoft-IIS/10.0",
            "REMOTE_ADDR": connection.client_address[0],
            "REMOTE_PORT": str(connection.client_address[1]),
            # Set also where nobody signs in.
            "REMOTE_USER": "",
            "AUTH_TYPE": "",
        }


class Connection(BaseHTTPRequestHandler):
    """One connection of a client."""

    protocol_version = "HTTP/1.1"
    server: Server

    def serve(self) -> None:
        block = ControlBlock(self, self.server.virtual_directory)
        assert self.server.extension.HttpExtensionProc(block) == isapicon.HSE_STATUS_PENDING
        block.done.wait()
        outcome = object.__getattribute__(block, "outcome")
        self.close_connection = outcome != isapicon.HSE_STATUS_SUCCESS_AND_KEEP_CONN or not block.keep
        try:
            self.wfile.flush()
            if outcome == isapicon.HSE_STATUS_ERROR:
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            if self.close_connection:
                self.connection.shutdown(socket.SHUT_WR)
            # What the client still sends is taken, or it would lose the answer.
            while block.body.read(1 << 16):
                pass
        except (OSError, ValueError):
            self.close_connection = True

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_OPTIONS = serve

    def log_message(self, format: str, *arguments: Any) -> None:
        pass


class Server(ThreadingHTTPServer):
    """Listens on this machine, for one site with one extension."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, extension: Any, virtual_directory: str) -> None:
        super().__init__(("127.0.0.1", port), Connection)
        self.extension = extension
        self.virtual_directory = virtual_directory


def main(port: str, script: str, virtual_directory: str = "") -> None:
    path = Path(script)
    # As the loader DLL does.
    sys.path.insert(0, str(path.parent))
    sys.isapidllhandle = 1  # type: ignore[attr-defined]
    extension = importlib.import_module(path.stem).__ExtensionFactory__()
    version = SimpleNamespace()
    extension.GetExtensionVersion(version)
    assert version.ExtensionDesc
    with Server(int(port), extension, virtual_directory) as server:
        signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
        server.serve_forever()
    extension.TerminateExtension(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
