"""The WSGI application in front of all others: answers hg and git clients, and lets everybody else pass."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import quote

from kallithea.lib import disks, trace
from kallithea.lib.access import Access
from kallithea.lib.access_tokens import has_token
from kallithea.lib.errors import Forbidden, Invalid, KallitheaError, Unauthenticated
from kallithea.lib.sign_in.vouching import vouched_in
from kallithea.lib.vcs import LARGEST_PUSH, BodyStream, Kind
from kallithea.services.access.control import Moved
from kallithea.services.actors import Credentials, NoCredentials, Origin, Proof, ProxySays, ShownToken
from kallithea.wire import git, hg
from kallithea.wire.authentication import proof
from kallithea.wire.bodies import Replayed, TakenIn, read_exactly, sent_body, unpacked
from kallithea.wire.errors import (
    SAFE_HEADERS,
    ErrorAnswer,
    LengthRequired,
    UnsupportedMediaType,
    answer,
    defect,
    finished,
    phrase,
)
from kallithea.wire.knock import Knock, decoded_path
from kallithea.wire.servers import TAKEN_IN
from kallithea.wire.serving import Application, Streamed, WireService

log = logging.getLogger(__name__)

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
WSGIApplication = Callable[[Environ, StartResponse], Iterable[bytes]]

WITHOUT_CREDENTIALS = 1 << 20
"""Bytes of a request that anybody may send."""
NEGOTIATION = 64 << 20
"""Bytes of a request, unpacked, that asks for something: over a million ids."""


class FrontDoor:
    """Serves hg and git clients out of the vault, and calls `inside` for everybody else.

    `realm` is what a password prompt shows.
    """

    def __init__(self, app: Application, inside: WSGIApplication, *, realm: str = "Kallithea") -> None:
        self._inside = inside
        self._realm = realm
        self._service = WireService(app)

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        if not _may_be_a_client(environ):
            return self._inside(environ, start_response)
        try:
            streamed = self._answer(environ)
        except Moved as error:
            return _send(_led_to(environ, error.path), start_response)
        except KallitheaError as error:
            return _send(answer(error, realm=self._realm, kind=_spoken(environ)), start_response)
        except Exception as error:  # one of the two outermost nets: the client gets an answer, the log the reason
            if full := disks.unavailable(error):
                log.warning("%s %s: %s", environ.get("REQUEST_METHOD"), environ.get("PATH_INFO"), error)
                return _send(answer(full, realm=self._realm, kind=_spoken(environ)), start_response)
            incident = trace.incident_id()
            log.exception("incident %s: %s %s", incident, environ.get("REQUEST_METHOD"), environ.get("PATH_INFO"))
            return _send(defect(incident), start_response)
        if streamed is None:
            return self._inside(environ, start_response)
        start_response(streamed.status, [*streamed.headers, *SAFE_HEADERS])
        return streamed

    def _answer(self, environ: Environ) -> Streamed | None:
        """The answer for a client of hg or git, or None for anybody else."""
        path = decoded_path(environ.get("PATH_INFO", ""))
        if path is None:
            return None
        if has_token(environ.get("QUERY_STRING", "")):
            raise Invalid(
                "A token may not stand in an address.", hint="Revoke it: logs keep addresses. Send it as the password."
            )
        visit = _Visit(environ, path)
        if knock := visit.knock():
            trace.note_door(f"{knock.kind.value}.{knock.operation}")
            grant = self._service.authorise(knock, visit.credentials())
            return self._service.serve(knock, grant, visit.credentials(), visit.body(knock))
        if (dumb := visit.dumb()) and self._service.may_read(dumb.path, visit.credentials()):
            raise Forbidden("Only git's smart HTTP protocol is spoken here.", hint="Use git 1.6.6 or newer.")
        return None


class _Visit:
    """One WSGI request as the parsers want it."""

    def __init__(self, environ: Environ, path: str) -> None:
        self._environ = environ
        self._path = path
        self._method: str = environ["REQUEST_METHOD"]
        self._query: str = environ.get("QUERY_STRING", "")
        self._begun: BodyStream | None = None
        self._credentials: Credentials | None = None
        self._door = "git"

    def knock(self) -> Knock | None:
        name = hg.command(query=self._query, accept=self._header("HTTP_ACCEPT"))
        if name is not None:
            self._door = "hg"
            return self._hg_knock(name)
        return git.parse(
            method=self._method,
            path=self._path,
            query=self._query,
            content_type=self._header("CONTENT_TYPE"),
            protocol=self._header("HTTP_GIT_PROTOCOL"),
        )

    def dumb(self) -> git.DumbRequest | None:
        return git.parse_dumb(path=self._path, query=self._query, client=self._header("HTTP_USER_AGENT"))

    def credentials(self) -> Credentials:
        """What the client shows. Raises Unauthenticated where it cannot be read."""
        if self._credentials is None:
            origin = Origin(self._header("REMOTE_ADDR"), self._header("HTTP_USER_AGENT"), "http", self._door)
            self._credentials = Credentials(self._shown(), origin)
        return self._credentials

    def _shown(self) -> Proof:
        header, vouched = self._environ.get("HTTP_AUTHORIZATION"), vouched_in(self._environ)
        if vouched is None:
            return proof(header)
        try:
            shown = proof(header)
        except Unauthenticated:  # shown to the proxy, and of a kind that only it can read
            return ProxySays(vouched)
        # What a token may not do shall not be done by whom the proxy names, either.
        return shown if isinstance(shown, ShownToken) else ProxySays(vouched, shown)

    def body(self, knock: Knock) -> BodyStream:
        """The body, without compression and within its limits. Raises TooLarge and its like, some only when read."""
        body = self._begun or self._sent()
        limit = LARGEST_PUSH if knock.needs is Access.WRITE else NEGOTIATION
        body = unpacked(body, self._header("HTTP_CONTENT_ENCODING"), limit=limit)
        return body if self._environ.get(TAKEN_IN) else TakenIn(body)

    def _sent(self) -> BodyStream:
        is_anonymous = isinstance(self.credentials().proof, NoCredentials)
        return _Counted(sent_body(self._environ, limit=WITHOUT_CREDENTIALS if is_anonymous else LARGEST_PUSH))

    def _hg_knock(self, name: str) -> Knock:
        if self._header("HTTP_CONTENT_ENCODING"):
            raise UnsupportedMediaType("Requests of hg may not be compressed.")
        if self._header("HTTP_TRANSFER_ENCODING") and not self._header("CONTENT_LENGTH"):
            raise LengthRequired("Say how long the request is.")  # Mercurial's server needs to know
        headers = hg.wire_headers(self._environ)
        size = hg.posted_size(headers)
        posted = b""
        if size and name == "batch":
            sent = self._sent()
            posted = read_exactly(sent, size)
            self._begun = Replayed(posted, sent)
        return hg.parse(method=self._method, path=self._path, query=self._query, name=name, headers=headers, posted=posted)

    def _header(self, name: str) -> str:
        return str(self._environ.get(name) or "")


class _Counted:
    """A body whose bytes are counted for the request, whichever thread reads them."""

    def __init__(self, body: BodyStream) -> None:
        self._body = body
        self._trace = trace.current()

    def read(self, size: int, /) -> bytes:
        chunk = self._body.read(size)
        if self._trace is not None:
            self._trace.received += len(chunk)
        return chunk


def _may_be_a_client(environ: Environ) -> bool:
    """A quick look that lets nobody through who is one; most requests are of browsers."""
    return (
        "cmd=" in environ.get("QUERY_STRING", "")
        or environ.get("PATH_INFO", "").endswith(git.ENDINGS)
        or environ.get("HTTP_USER_AGENT", "").startswith("git/")
    )


def _spoken(environ: Environ) -> Kind:
    return Kind.HG if "cmd=" in environ.get("QUERY_STRING", "") else Kind.GIT


def _led_to(environ: Environ, path: str) -> ErrorAnswer:
    """The same request at the path where the repository is now. Clients follow it, tell where it led, and stay there.

    What they post they send nowhere else, which 307 forbids to turn into a GET; then this is an error that says as much.
    """
    # What git asks for is the end of the path; hg has it in the query.
    asked = environ["PATH_INFO"].removesuffix("/")
    ending = next((end for end in git.ENDINGS if _spoken(environ) is Kind.GIT and asked.endswith(end)), "")
    query = environ.get("QUERY_STRING", "")
    prefix = environ.get("SCRIPT_NAME", "").encode("latin-1").decode("utf-8")
    url = quote(f"{prefix}/{path}{ending}") + (f"?{query}" if query else "")
    said = f"This repository is at {path} now."
    return finished(f"307 {phrase(said)}", [said], {"Location": url})


def _send(error: ErrorAnswer, start_response: StartResponse) -> Iterable[bytes]:
    start_response(error.status, error.headers)
    return [error.body]
