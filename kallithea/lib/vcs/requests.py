"""What a client asks over the wire, as values: parsed once, authorised and served as they are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from kallithea.lib.vcs.objects import RefUpdate

LARGEST_PUSH = 100 << 30
"""Bytes of a push, unpacked."""


class BodyStream(Protocol):
    """A request body: `read(n)` gives up to n bytes, and b"" at its end (never blocks behind it)."""

    def read(self, size: int, /) -> bytes: ...


@dataclass(frozen=True, slots=True)
class GitRequest:
    """A request of the git smart HTTP protocol (Documentation/gitprotocol-http.txt).

    `service` is `git-upload-pack` or `git-receive-pack`; `advertise` is the GET of info/refs; `protocol` is the value of the
    header Git-Protocol, already checked to be harmless (such as `version=2`), or "".
    """

    service: str
    advertise: bool
    protocol: str = ""


@dataclass(frozen=True, slots=True)
class HgRequest:
    """A request of Mercurial's HTTP protocol version 1 (mercurial/wireprotoserver.py).

    `commands` are all commands that it runs: the one named, or those inside a `batch`. `query` is the raw query string,
    `headers` the X-HgArg-*, X-HgArgs-Post, X-HgProto-* and Content-Length headers, in canonical spelling.
    """

    command: str
    commands: tuple[str, ...]
    query: str
    headers: tuple[tuple[str, str], ...] = ()


WireRequest = GitRequest | HgRequest


@runtime_checkable
class Closable(Protocol):
    """What is closed after use."""

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class WireReply:
    """An answer: iterate `chunks` to its end or close it; nothing else holds resources."""

    content_type: str
    chunks: Iterator[bytes]
    headers: tuple[tuple[str, str], ...] = field(default=())
    status: str = "200 OK"


PushListener = Callable[[tuple[RefUpdate, ...]], None]
"""Called with what a push changed when it is safely on disk, before the client reads the end of the answer."""


def whole_question(body: BodyStream, most: int) -> tuple[bytes, bool]:
    """What a body begins with, up to about `most` bytes, and whether that is all of it."""
    found = b""
    while len(found) <= most:
        more = body.read(most + 1 - len(found))
        if not more:
            return found, True
        found += more
    return found, False


class Resumed:
    """A body of which a beginning was read before; fulfils `BodyStream`."""

    def __init__(self, first: bytes, rest: BodyStream) -> None:
        self._first = first
        self._rest = rest

    def read(self, size: int, /) -> bytes:
        if not self._first:
            return self._rest.read(size)
        piece, self._first = self._first[:size], self._first[size:]
        return piece
