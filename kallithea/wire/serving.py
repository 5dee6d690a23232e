"""Authorises a client's request, lets the repository's backend answer it, and enters pushes in the ledger."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from typing import Protocol

from kallithea.lib import trace
from kallithea.lib.access import Access
from kallithea.lib.errors import NotFound, Unauthenticated, Unavailable
from kallithea.lib.pausing import WriteGate
from kallithea.lib.vcs import BodyStream, Closable, Kind, RefUpdate, Vault
from kallithea.services.access.control import Moved
from kallithea.services.access.grants import ReadGrant, RepositoryFacts, WriteGrant
from kallithea.services.actors import Anonymous, Credentials
from kallithea.services.admission import Admission
from kallithea.services.scope import Scope
from kallithea.wire.bodies import TakenIn
from kallithea.wire.errors import WrongKind
from kallithea.wire.knock import Knock, SessionKnock

log = logging.getLogger(__name__)

KIND_NAMES = {Kind.HG: "Mercurial", Kind.GIT: "Git"}


class Application(Protocol):
    """What the wire door needs of the application."""

    @property
    def vault(self) -> Vault: ...

    @property
    def admission(self) -> Admission: ...

    @property
    def writes(self) -> WriteGate: ...

    def scope(self, credentials: Credentials, *, writes: bool = False) -> AbstractContextManager[Scope]: ...


class Streamed:
    """An answer under way: iterate, and close whatever happens; closing ends the child process and frees its place."""

    def __init__(self, content_type: str, status: str, headers: tuple[tuple[str, str], ...], chunks: Iterator[bytes]) -> None:
        self.status = status
        self.headers = [("Content-Type", content_type), *headers]
        self._chunks = chunks
        self._first: bytes | None = None
        self._when_over: Callable[[], None] | None = None

    def begin(self, when_over: Callable[[], None]) -> Streamed:
        """Wait for the first chunk, so that what goes wrong before it can still be answered with its own status."""
        self._when_over = when_over
        self._first = next(self._chunks, None)
        return self

    def __iter__(self) -> Streamed:
        return self

    def __next__(self) -> bytes:
        if self._first is not None:
            first, self._first = self._first, None
            return first
        return next(self._chunks)

    def close(self) -> None:
        when_over, self._when_over = self._when_over, None
        try:
            if isinstance(self._chunks, Closable):
                self._chunks.close()
        finally:
            if when_over:
                when_over()


class WireService:
    """Serves what was recognised. Scopes are short: none is open while bytes move."""

    def __init__(self, app: Application) -> None:
        self._app = app

    def authorise(self, knock: Knock | SessionKnock, credentials: Credentials) -> ReadGrant[RepositoryFacts]:
        """Proof that the request may be served: a WriteGrant where it needs one.

        Raises Unauthenticated for visitors without an account, whether the repository is private, missing, or theirs to read
        and not to write, as only that makes clients ask for a password; NotFound, Forbidden for others; WrongKind; Moved for
        who may read it where it is now.
        """
        with self._app.scope(credentials) as scope:
            actor = scope.actor  # a wrong password ends here, and is counted once
            try:
                return _grant(scope, knock)
            except (NotFound, Unauthenticated) as refused:
                if isinstance(refused, (WrongKind, Moved)) or not isinstance(actor, Anonymous):
                    raise
                raise Unauthenticated("Sign in to do that.", hint="There may be nothing of this name.") from None

    def may_read(self, path: str, credentials: Credentials) -> bool:
        """Whether a path names a repository that these credentials open."""
        with self._app.scope(credentials) as scope:
            try:
                scope.access.read_repository(scope.access.locate_path(path))
            except NotFound:
                return False
        return True

    def serve(self, knock: Knock, grant: ReadGrant[RepositoryFacts], credentials: Credentials, body: BodyStream) -> Streamed:
        """The answer, begun. Raises what the backend raises, Unavailable and TooManyAttempts where too many transfers run, and
        Unavailable for a push while changes are paused.
        """
        leave = self._app.writes.enter() if knock.needs is Access.WRITE else _nothing
        if not knock.is_transfer:
            return self._begin(knock, grant, credentials, body, when_over=leave)
        trace.note_transfer(knock.kind.value, knock.operation)
        try:
            place = self._app.admission.transfer(grant.actor, credentials.origin, repository=grant.target.id, kind=knock.kind)
        except BaseException:
            leave()
            raise
        return self._begin(knock, grant, credentials, body, when_over=partial(_one_after_the_other, place.leave, leave))

    def _begin(
        self,
        knock: Knock,
        grant: ReadGrant[RepositoryFacts],
        credentials: Credentials,
        body: BodyStream,
        *,
        when_over: Callable[[], None],
    ) -> Streamed:
        target = grant.target
        writable = isinstance(grant, WriteGrant)
        record = partial(self.record, grant, credentials) if isinstance(grant, WriteGrant) else _refuse_to_record
        try:
            if isinstance(body, TakenIn):
                body.take_in()  # before a lock or a helper is taken
            backend = self._app.vault.open(target.kind, target.location, publishing=target.publishing)
            reply = backend.server.serve(knock.request, body, writable=writable, on_push=record)
        except BaseException:
            when_over()
            raise
        streamed = Streamed(reply.content_type, reply.status, reply.headers, reply.chunks)
        try:
            return streamed.begin(when_over)
        except BaseException:
            streamed.close()
            raise

    def record(self, grant: WriteGrant[RepositoryFacts], credentials: Credentials, updates: tuple[RefUpdate, ...]) -> None:
        """Enter a push in the ledger; where that fails, the log hears of it."""
        try:
            trace.happened("push", grant.target.kind.value)
            with self._app.scope(credentials, writes=True) as scope:
                scope.pushes.record(grant, updates, credentials.origin)
        except Exception:
            # The push is in the repository: to call it failed would be a lie, so only the log hears of it.
            incident = trace.incident_id()
            log.exception("incident %s: a push to %s is not in the ledger: %s", incident, grant.target.path, updates)


def _grant(scope: Scope, knock: Knock | SessionKnock) -> ReadGrant[RepositoryFacts]:
    located = scope.access.locate_path(knock.path)
    if not scope.access.may_read(located) and (moved := scope.access.moved(knock.path.split("/"))) and not moved.rest:
        raise moved
    reading = scope.access.read_repository(located)
    kind = reading.target.kind
    if kind is not knock.kind:
        raise WrongKind(f"This is a {KIND_NAMES[kind]} repository.", hint=f"Use {kind.value} with this address.")
    if not reading.target.is_ready:
        raise Unavailable("This repository is still being copied.", hint="Try again in a moment.")
    # Read access alone is proof enough only for what is known to need no more.
    return reading if knock.needs is Access.READ else scope.access.write_repository(located)


def _refuse_to_record(updates: tuple[RefUpdate, ...]) -> None:
    raise AssertionError(f"a backend changed {updates} for a client that may only read")


def _nothing() -> None:
    pass


def _one_after_the_other(*steps: Callable[[], None]) -> None:
    for step in steps:
        step()
