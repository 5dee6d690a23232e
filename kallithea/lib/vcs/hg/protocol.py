"""One request of Mercurial's HTTP protocol, answered by Mercurial's own code (mercurial/wireprotoserver.py) without hgweb."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from mercurial import error, util, wireprotoserver, wireprotov1server
from mercurial.hgweb import common as hgweb_common
from mercurial.hgweb import request as hgweb_request
from mercurial.hgweb import wsgiheaders

from kallithea.lib.vcs.requests import BodyStream, HgRequest

log = logging.getLogger(__name__)

ERROR_TYPE = "application/hg-error"
LARGEST_POSTED_ARGUMENTS = 1 << 20

# Answered from the index in well under a millisecond; everything else belongs into a helper process.
SMALL = frozenset(
    {
        "between",
        "branches",
        "branchmap",
        "capabilities",
        "clonebundles",
        "clonebundles_manifest",
        "heads",
        "hello",
        "known",
        "listkeys",
        "lookup",
        "protocaps",
    }
)


@dataclass(slots=True)
class Answer:
    """What Mercurial's code fills in; the attribute and method names are those that it expects of a response."""

    status: bytes = b"200 Script output follows"
    headers: Any = field(default_factory=lambda: wsgiheaders.Headers([]))
    drain: bool = False
    body: Iterator[bytes] = field(default_factory=lambda: iter(()))

    def setbodybytes(self, content: bytes) -> None:
        self.headers[b"Content-Length"] = b"%d" % len(content)
        self.body = iter((content,))

    def setbodygen(self, chunks: Iterator[bytes]) -> None:
        self.body = chunks


@dataclass(frozen=True, slots=True)
class _Question:
    """A request with the attribute names that Mercurial's code reads."""

    qsparams: Any
    headers: Any
    bodyfh: BodyStream
    method: bytes = b"POST"
    urlscheme: bytes = b"http"
    remotehost: bytes = b""
    remoteuser: bytes = b""
    dispatchpath: bytes = b""


@dataclass(frozen=True, slots=True)
class _Context:
    repo: Any


def version() -> str:
    """That of Mercurial, whose code makes the answers."""
    found: bytes = util.version()
    return found.decode("ascii", "replace")


def is_small(request: HgRequest) -> bool:
    """Whether the request can be answered in process; a batch can if all that is in it can."""
    return all(command in SMALL for command in request.commands) and (request.command in SMALL or request.command == "batch")


def may_write(request: HgRequest) -> bool:
    """Whether any of the commands is declared, or by default taken, to change something."""
    return any(_permission(command) != b"pull" for command in (request.command, *request.commands))


def answer(repo: Any, request: HgRequest, body: BodyStream, *, writable: bool) -> Answer:
    """What Mercurial answers. With `writable` False every command that is not declared `pull` is refused, also in a batch.

    What the client did wrong becomes an answer that its user gets to read.
    """
    response = Answer()

    def check(_context: _Context, _question: _Question, permission: bytes) -> None:
        if permission != b"pull" and not writable:
            raise hgweb_common.ErrorResponse(hgweb_common.HTTP_FORBIDDEN, b"push not authorized")

    try:
        question = _question(request, body)
        if not wireprotoserver.handlewsgirequest(_Context(repo), question, response, check):
            return refusal("unknown command")
    except error.Abort as abort:
        return refusal(abort.message.decode("utf-8", "replace"))
    except (error.RepoError, error.StorageError) as problem:
        return refusal(str(problem))
    except (KeyError, ValueError, IndexError, TypeError, AssertionError) as mistake:
        if writable:
            raise  # in the middle of a push it may as well be a defect, which the outer net reports
        # Mercurial takes arguments apart without checking them: missing, not hexadecimal, not batchable.
        log.info("malformed %s request: %r", request.command, mistake)
        return refusal("malformed request")
    return response


def refusal(message: str) -> Answer:
    """An error that the client prints as `abort: remote error:` and the message."""
    response = Answer()
    response.headers[b"Content-Type"] = ERROR_TYPE.encode()
    response.setbodybytes(message.encode() + b"\n")
    return response


def not_authorized() -> Answer:
    """What Mercurial answers to a push that may not be; the door that knows the visitor asks for a password before."""
    response = Answer(status=b"403 push not authorized")
    response.headers[b"Content-Type"] = b"application/mercurial-0.1"
    response.setbodybytes(b"0\npush not authorized\n")
    return response


def header_pairs(response: Answer) -> tuple[tuple[str, str], ...]:
    """The headers without the content type, as text."""
    return tuple(
        (name.decode("latin-1"), value.decode("latin-1"))
        for name, value in response.headers.items()
        if name.lower() != b"content-type"
    )


def content_type(response: Answer) -> str:
    found: bytes = response.headers.get(b"Content-Type") or b"application/mercurial-0.1"
    return found.decode("latin-1")


def _question(request: HgRequest, body: BodyStream) -> _Question:
    parameters = hgweb_request.multidict()
    for name, value in parse_qsl(request.query, keep_blank_values=True, encoding="latin-1"):
        parameters.add(name.encode("latin-1", "replace"), value.encode("latin-1", "replace"))
    # The authorised command, whatever else the query says, and nothing that was authorised by nobody.
    parameters[b"cmd"] = request.command.encode("latin-1", "replace")
    if b"access-hidden" in parameters:
        del parameters[b"access-hidden"]
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in request.headers]
    question = _Question(qsparams=parameters, headers=wsgiheaders.Headers(headers), bodyfh=body)
    if int(question.headers.get(b"X-HgArgs-Post") or 0) > LARGEST_POSTED_ARGUMENTS:
        raise ValueError("too many posted arguments")
    return question


def _permission(command: str) -> bytes:
    entry = wireprotov1server.commands.get(command.encode("latin-1", "replace"))
    return entry.permission if entry else b"push"
