"""WSGI (PEP 3333) for one request of an ISAPI extension, as the control block of pywin32's package `isapi` presents it.

Nothing here imports that package, which exists on Windows only. Facts (pywin32, isapi/src/PyExtensionObjects.cpp): properties
and server variables are bytes, those that begin with UNICODE_ are text; `TotalBytes` is 32 bits as a signed number;
`ReadClient(n)` gives n bytes or all that is left; text given to `SendResponseHeaders` would be sent as UTF-8; and after
`DoneWithSession` the control block must not be touched again.
"""

from __future__ import annotations

import io
import logging
import re
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import unquote_to_bytes

from kallithea.lib.errors import Invalid

log = logging.getLogger(__name__)

Environ = dict[str, Any]
Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]

PIECE = 1 << 16
"""Bytes of a body that are in memory at once."""

HSE_STATUS_SUCCESS = 1
HSE_STATUS_SUCCESS_AND_KEEP_CONN = 2
HSE_STATUS_ERROR = 4

_VARIABLES = ("SERVER_NAME", "SERVER_PORT", "SERVER_PROTOCOL", "SERVER_SOFTWARE", "REMOTE_ADDR", "REMOTE_PORT")
_HEADER = re.compile(r"([!#$%&'*+.^`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*", re.DOTALL)
_WITHOUT_BODY = re.compile(r"1\d\d|204|304")


class ControlBlock(Protocol):
    """What is used of an EXTENSION_CONTROL_BLOCK."""

    HttpStatusCode: int

    @property
    def Method(self) -> bytes: ...

    @property
    def QueryString(self) -> bytes: ...

    @property
    def AvailableData(self) -> bytes: ...

    def GetServerVariable(self, name: str, default: None, /) -> bytes | str | None: ...

    def ReadClient(self, size: int, /) -> bytes: ...

    def WriteClient(self, data: bytes, /) -> int: ...

    def SendResponseHeaders(self, status: bytes, headers: bytes, keep: bool, /) -> None: ...

    def IsKeepConn(self) -> bool: ...

    def DoneWithSession(self, status: int, /) -> None: ...


class ClientGone(Exception):
    """Nobody reads the answer any more."""


@dataclass(frozen=True, slots=True)
class Gateway:
    """Answers requests of IIS with a WSGI application that is mounted at a virtual directory (empty, or `/scm`).

    `broken` is what the control block raises where the connection is lost: `isapi.ExtensionError`.
    """

    application: Application
    mount: str
    broken: type[Exception]

    def answer(self, block: ControlBlock) -> None:
        """Answer one request, whatever happens, and give its control block back to IIS."""
        reply = Reply(block, self.broken)
        try:
            environ = environment(block, self.mount, self.broken)
            if environ is None:
                reply.error("404 Not Found", "Nothing is served at this address.")
            else:
                self._run(environ, reply)
        except ClientGone:
            reply.is_whole = False
        # The outermost net of a server: what arrives here is a defect, and IIS would show a traceback to the visitor.
        except Exception:
            log.exception("the application failed: %s", block.Method)
            reply.error("500 Internal Server Error", "Something went wrong on our side. It is in the log.")
        block.DoneWithSession(reply.outcome)

    def _run(self, environ: Environ, reply: Reply) -> None:
        chunks = self.application(environ, reply.start)
        try:
            if isinstance(chunks, (list, tuple)) and len(chunks) == 1:
                reply.known_size = len(chunks[0])
            for chunk in chunks:
                if chunk:
                    reply.write(chunk)
            reply.finish()
        finally:
            close = getattr(chunks, "close", None)
            if close is not None:
                close()


class Reply:
    """The answer to one request: the `start_response` of PEP 3333 and its `write`."""

    def __init__(self, block: ControlBlock, broken: type[Exception]) -> None:
        self.known_size: int | None = None
        self.is_whole = True
        self._block = block
        self._broken = broken
        self._status = ""
        self._headers: list[tuple[str, str]] = []
        self._are_headers_sent = False
        self._left: int | None = None
        """Bytes that were announced and not sent yet; None where none were announced."""
        self._keep = False

    @property
    def outcome(self) -> int:
        """How IIS is told that the request is done."""
        if not self.is_whole:
            return HSE_STATUS_ERROR
        return HSE_STATUS_SUCCESS_AND_KEEP_CONN if self._keep else HSE_STATUS_SUCCESS

    def start(self, status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], None]:
        """start_response: status and headers of the answer, which are sent with the first byte of it."""
        if exc_info:
            try:
                if self._are_headers_sent:
                    raise exc_info[1].with_traceback(exc_info[2])
            finally:
                exc_info = None  # or the traceback holds this frame, and this frame the traceback
        elif self._status:
            raise AssertionError("start_response was called twice")
        for text in (status, *(part for header in headers for part in header)):
            if re.search(r"[\r\n\x00]", text):
                raise ValueError("A header of the answer has a line break.")
        self._status, self._headers = status, list(headers)
        return self.write

    def write(self, chunk: bytes) -> None:
        """Send a piece of the answer, after its headers. Raises ClientGone."""
        self._send_headers()
        if self._left is not None:
            # More than was announced would be taken for the next answer.
            chunk = chunk[: self._left]
            self._left -= len(chunk)
        for start in range(0, len(chunk), PIECE):
            self._send(bytes(chunk[start : start + PIECE]))

    def finish(self) -> None:
        """Send the headers of an answer that has no body; notice one that ended too early."""
        if not self._are_headers_sent and self.known_size is None:
            self.known_size = 0
        self._send_headers()
        self.is_whole = not self._left

    def error(self, status: str, text: str) -> None:
        """Tell that there is no answer; where one has begun, it is broken off."""
        self.is_whole = not self._are_headers_sent
        if self._are_headers_sent:
            return
        body = f"{text}\n".encode()
        self._status, self.known_size = status, len(body)
        self._headers = [("Content-Type", "text/plain; charset=utf-8"), ("Cache-Control", "no-store")]
        try:
            self.write(body)
        except ClientGone:
            self.is_whole = False

    def _send_headers(self) -> None:
        if self._are_headers_sent:
            return
        if not self._status:
            raise AssertionError("the application did not call start_response")
        has_body = not _WITHOUT_BODY.match(self._status) and self._block.Method != b"HEAD"
        names = {name.lower(): value for name, value in self._headers}
        if has_body and "content-length" not in names and self.known_size is not None:
            self._headers.append(("Content-Length", str(self.known_size)))
            names["content-length"] = str(self.known_size)
        if not has_body:
            self._left = 0
        elif "content-length" in names:
            self._left = int(names["content-length"])
        self._are_headers_sent = True
        try:
            # Where the length is not known, the end of the connection is the end of the answer.
            self._keep = self._left is not None and bool(self._block.IsKeepConn())
            self._block.HttpStatusCode = int(self._status[:3])
            lines = "".join(f"{name}: {value}\r\n" for name, value in self._headers)
            self._block.SendResponseHeaders(self._status.encode("latin-1"), f"{lines}\r\n".encode("latin-1"), self._keep)
        except self._broken as error:
            raise ClientGone from error

    def _send(self, piece: bytes) -> None:
        while piece:
            try:
                sent = self._block.WriteClient(piece)
            except self._broken as error:
                raise ClientGone from error
            if sent <= 0:
                raise ClientGone
            piece = piece[sent:]


class Body(io.RawIOBase):
    """The body of a request, taken from IIS as it is read; `left` is None where the client did not say how long it is."""

    def __init__(self, block: ControlBlock, left: int | None, broken: type[Exception]) -> None:
        self._block = block
        self._left = left
        self._broken = broken
        self._begun = block.AvailableData if left is None or left > 0 else b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        """Raises Invalid where the client breaks off: half a body must not pass for a whole one."""
        wanted = len(buffer) if self._left is None else min(len(buffer), self._left)
        if wanted == 0:
            return 0
        if self._begun:
            found, self._begun = self._begun[:wanted], self._begun[wanted:]
        else:
            try:
                found = self._block.ReadClient(min(wanted, PIECE))
            except self._broken:
                raise Invalid("The request broke off.") from None
            if not found and self._left:
                raise Invalid("The request broke off.")
        buffer[: len(found)] = found
        if self._left is not None:
            self._left -= len(found)
        return len(found)


def environment(block: ControlBlock, mount: str, broken: type[Exception]) -> Environ | None:
    """The WSGI environment of a request; None for an address outside of the virtual directory."""
    path = path_below(block, mount)
    if path is None:
        return None
    environ: Environ = {name: _variable(block, name) for name in _VARIABLES}
    is_https = _variable(block, "HTTPS").lower() in ("on", "1")
    environ.update(
        {
            "REQUEST_METHOD": block.Method.decode("latin-1"),
            "SCRIPT_NAME": mount.encode().decode("latin-1"),
            "PATH_INFO": path,
            "QUERY_STRING": block.QueryString.decode("latin-1"),
            **_headers(_variable(block, "ALL_RAW")),
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "https" if is_https else "http",
            "wsgi.errors": sys.stderr or io.StringIO(),
            "wsgi.multithread": True,
            "wsgi.multiprocess": True,
            "wsgi.run_once": False,
        }
    )
    if is_https:
        environ["HTTPS"] = "on"
    environ["wsgi.input"] = io.BufferedReader(Body(block, _size(environ), broken), PIECE)
    # IIS takes chunks apart.
    environ["wsgi.input_terminated"] = True
    return environ


def path_below(block: ControlBlock, mount: str) -> str | None:
    """The path below the virtual directory as WSGI has it; None for one that is not below it.

    SCRIPT_NAME and PATH_INFO of IIS are both the whole path where an extension takes everything, in the machine's code page. So
    what the client sent counts, and where that leads around the directory, what IIS made of it.
    """
    sent = _variable(block, "UNENCODED_URL").partition("?")[0]
    if not sent.startswith("/"):  # some clients send the whole address
        sent = "/" + sent.partition("://")[2].partition("/")[2] if "://" in sent else ""
    resolved = _variable(block, "UNICODE_PATH_INFO").encode("utf-8", "surrogatepass")
    for path in (unquote_to_bytes(sent), resolved):
        begin = mount.encode()
        # Windows does not tell large letters from small ones.
        if path[: len(begin)].lower() == begin.lower() and path[len(begin) : len(begin) + 1] in (b"", b"/") and path:
            return path[len(begin) :].decode("latin-1")
    return None


def _variable(block: ControlBlock, name: str) -> str:
    found = block.GetServerVariable(name, None)
    return found.decode("latin-1") if isinstance(found, bytes) else found or ""


def _headers(raw: str) -> Environ:
    """The headers of a request as WSGI names them.

    Names with an underscore are left out: they would pass for the same name with a dash, which a proxy may have set.
    """
    found: Environ = {}
    for line in raw.split("\n"):
        header = _HEADER.fullmatch(line.rstrip("\r"))
        if not header:
            continue
        name = header[1].upper().replace("-", "_")
        key = name if name in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{name}"
        separator = "; " if key == "HTTP_COOKIE" else ", "
        found[key] = f"{found[key]}{separator}{header[2]}" if key in found else header[2]
    return found


def _size(environ: Environ) -> int | None:
    """How many bytes the body has; None where only its end tells (sent in chunks)."""
    if environ.get("HTTP_TRANSFER_ENCODING"):
        environ.pop("CONTENT_LENGTH", None)
        return None
    length = environ.get("CONTENT_LENGTH", "")
    # TotalBytes has 32 bits, the header any number.
    return int(length) if re.fullmatch(r"[0-9]{1,18}", length) else 0
