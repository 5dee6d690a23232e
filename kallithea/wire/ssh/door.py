"""The SSH door: from a key and a command to a served client, with the decision, the ledger and the words of the HTTP door."""

from __future__ import annotations

import logging
import os
import time
from collections import Counter
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from threading import Lock

from kallithea.lib import disks, trace
from kallithea.lib.access import Access
from kallithea.lib.errors import Invalid, KallitheaError, NotFound, TooManyAttempts, Unavailable
from kallithea.lib.places import Place
from kallithea.lib.vcs import Line, RefUpdate
from kallithea.services.access.grants import ReadGrant, RepositoryFacts, WriteGrant
from kallithea.services.actors import Credentials, Deployment, Member, Origin, SshFingerprint, name_of_actor
from kallithea.wire.knock import SessionKnock
from kallithea.wire.serving import Application, WireService
from kallithea.wire.ssh.commands import parse

log = logging.getLogger(__name__)

REFUSED = 1
DEFECT = 70  # EX_SOFTWARE (sysexits.h)
SESSIONS = 400
"""Clients at once; each has a thread, which mostly waits."""
SESSIONS_OF_ONE = 40
STAYS_TRUE = 5.0
"""Seconds for which it is not asked again whether a client may read."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a client of OpenSSH wants: its key, by fingerprint, its command, SSH_CONNECTION and GIT_PROTOCOL."""

    fingerprint: str
    command: str
    connection: str = ""
    protocol: str = ""

    @property
    def address(self) -> str:
        """Where the client is: the first word of SSH_CONNECTION (ssh(1))."""
        return self.connection.partition(" ")[0]

    def credentials(self, client: str) -> Credentials:
        return Credentials(SshFingerprint(self.fingerprint), Origin(self.address, client, "ssh", "ssh"))


class SshDoor:
    """Serves clients whose key OpenSSH has checked."""

    def __init__(self, app: Application) -> None:
        self._app = app
        self._service = WireService(app)
        self._sessions = _Sessions()

    def knows(self, fingerprint: str) -> str | None:
        """The key of this fingerprint as a line of authorized_keys without options; None where nobody has it."""
        with self._app.scope(Credentials()) as scope:
            return scope.ssh_keys.line_of(fingerprint)

    def serve(self, asked: Asked, line: Line) -> int:
        """Serve one client to its end; the status for it to end with. What goes wrong is told on the line."""
        found = trace.Trace(trace.new_id())
        trace.begin(found)
        status = DEFECT
        try:
            status = self._served(asked, line)
        except KallitheaError as error:
            status = _refused(line, error)
        except Exception as error:  # one of the outermost nets: the client gets an answer, the log the reason
            if full := disks.unavailable(error):
                log.warning("%r: %s", asked.command, error)
                status = _refused(line, full)
            else:
                incident = trace.incident_id()
                log.exception("incident %s: %r", incident, asked.command)
                _say(line, f"The server failed (incident {incident}).", "Its administrator finds the reason in the log.")
        finally:
            trace.end()
            log.info("%s %s %r ended with %s after %.3f s", asked.address, found.door, asked.command, status, _age(found))
        return status

    def _served(self, asked: Asked, line: Line) -> int:
        if not asked.command:
            return self._greet(asked.credentials("ssh"), line)
        knock = parse(asked.command, protocol=asked.protocol, address=asked.address)
        trace.note_door(f"ssh.{knock.kind.value}.{knock.operation}")
        minder = SessionMinder(self._app, self._service, knock, asked.credentials(f"{knock.kind.value} over SSH"))
        target = minder.first.target
        backend = self._app.vault.open(target.kind, target.location, publishing=target.publishing)
        with self._sessions.one_of(_owner(minder.first)):
            try:
                return backend.server.converse(knock.session, line, minder)
            finally:
                minder.leave()

    def _greet(self, credentials: Credentials, line: Line) -> int:
        """What people see who try their key with plain `ssh`."""
        with self._app.scope(credentials) as scope:
            actor = scope.actor
        _say(line, f"Hello {name_of_actor(actor)}, your key works.", "There is no shell here, but repositories of hg and git.")
        return 0


class SessionMinder:
    """Watches over one session: asks the ledger whether it may go on, holds its place, enters its pushes. Fulfils `Minder`."""

    def __init__(self, app: Application, service: WireService, knock: SessionKnock, credentials: Credentials) -> None:
        """Raises what `WireService.authorise` raises."""
        self._app = app
        self._service = service
        self._knock = knock
        self._credentials = credentials
        self._place: Place | None = None
        self._changed: Callable[[], None] | None = None
        self._writing: WriteGrant[RepositoryFacts] | None = None
        self.first = self._authorised(knock)

    def check(self, *, writes: bool) -> None:
        if not writes and time.monotonic() - self._asked_at < STAYS_TRUE:
            return
        grant = self._authorised(replace(self._knock, needs=Access.WRITE) if writes else self._knock)
        if grant.target.id != self.first.target.id:
            raise NotFound("This repository was renamed meanwhile.", hint="Ask where it is now.")
        if writes:
            assert isinstance(grant, WriteGrant)
            self._writing = grant

    def change(self) -> None:
        if self._changed is None:
            self._changed = self._app.writes.enter()

    def admit(self) -> None:
        if self._place is None:
            target, session = self.first.target, self._knock
            trace.note_transfer(session.kind.value, session.operation)
            admission = self._app.admission
            self._place = admission.transfer(self.first.actor, self._credentials.origin, repository=target.id, kind=target.kind)

    def leave(self) -> None:
        place, self._place = self._place, None
        if place is not None:
            place.leave()
        changed, self._changed = self._changed, None
        if changed is not None:
            changed()

    def pushed(self, updates: tuple[RefUpdate, ...]) -> None:
        assert self._writing is not None
        self._service.record(self._writing, self._credentials, updates)

    def _authorised(self, knock: SessionKnock) -> ReadGrant[RepositoryFacts]:
        grant = self._service.authorise(knock, self._credentials)
        self._asked_at = time.monotonic()
        if isinstance(grant, WriteGrant):
            self._writing = grant
        return grant


class _Sessions:
    """How many there are, and of whom."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._open: Counter[Hashable] = Counter()

    @contextmanager
    def one_of(self, owner: Hashable) -> Iterator[None]:
        with self._lock:
            if self._open[owner] >= SESSIONS_OF_ONE:
                raise TooManyAttempts("Too many connections of yours are open.", hint="Wait for one of them to end.", wait=10)
            if self._open.total() >= SESSIONS:
                raise Unavailable("The server is busy with other clients.", hint="Try again in a moment.")
            self._open[owner] += 1
        try:
            yield
        finally:
            with self._lock:
                self._open[owner] -= 1
                if not self._open[owner]:
                    del self._open[owner]


def _owner(grant: ReadGrant[RepositoryFacts]) -> Hashable:
    actor = grant.actor
    return (type(actor).__name__, actor.id if isinstance(actor, Member | Deployment) else None)


def _refused(line: Line, error: KallitheaError) -> int:
    fields = error.fields.values() if isinstance(error, Invalid) else ()
    _say(line, *dict.fromkeys([error.message, *fields, *error.lines]))
    return REFUSED


def _say(line: Line, *sentences: str) -> None:
    with suppress(OSError):  # nobody listens any more
        os.write(line.words, "".join(f"{sentence}\n" for sentence in sentences).encode())


def _age(found: trace.Trace) -> float:
    return time.perf_counter() - found.began
