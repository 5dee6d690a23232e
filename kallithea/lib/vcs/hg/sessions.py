"""hg clients that stay connected, as the service sees them: started in the nursery, and answered when they ask."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

from kallithea.lib.errors import KallitheaError, Unavailable
from kallithea.lib.vcs.hg.pool import import_path, python
from kallithea.lib.vcs.objects import CommitId, RefKind, RefUpdate
from kallithea.lib.vcs.priority import step_back
from kallithea.lib.vcs.sessions import WATCHED_EVERY, HgSession, Line, Minder

MESSAGE = 1 << 20
STARTING = 120.0
"""Seconds that the nursery may take to import Mercurial."""
ENDING = 5.0
DEFECT = 70


class Nursery:
    """The process that forks for hg clients; started when first needed, and again when it died. Safe between threads."""

    def __init__(self, incoming: Path) -> None:
        self._incoming = incoming
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._requests: socket.socket | None = None

    def warm(self) -> None:
        """Have it ready before the first client. Raises Unavailable."""
        with self._lock:
            self._started()

    def converse(self, folder: Path, session: HgSession, line: Line, minder: Minder, *, publishing: bool) -> int:
        """Serve a client to its end; the status for it to end with. Raises what the minder raises, and Unavailable."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        facts = {"folder": os.fsencode(folder).hex(), "publishing": publishing, "address": session.address}
        with ours:
            with theirs:
                self._send(json.dumps(facts).encode(), [line.source, line.sink, line.words, theirs.fileno()])
            try:
                return _Attended(ours, minder).to_the_end()
            finally:
                minder.leave()

    def close(self) -> None:
        """End it; children that are in a push finish it."""
        with self._lock:
            self._end()

    def _send(self, message: bytes, descriptors: list[int]) -> None:
        with self._lock:
            try:
                socket.send_fds(self._started(), [message], descriptors)
            except OSError:  # it died since the last client
                self._end()
                socket.send_fds(self._started(), [message], descriptors)

    def _started(self) -> socket.socket:
        if self._requests is not None and self._process is not None and self._process.poll() is None:
            return self._requests
        self._end()
        self._incoming.mkdir(parents=True, exist_ok=True)
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [python(), "-m", "kallithea.lib.vcs.hg.nursery", str(theirs.fileno()), str(self._incoming)],
                stdin=subprocess.DEVNULL,
                env={**os.environ, "PYTHONPATH": import_path()},
                pass_fds=(theirs.fileno(),),
                start_new_session=True,  # Ctrl-C in the terminal of the service must not reach a push
            )
        self._requests = ours
        ours.settimeout(STARTING)
        try:
            is_ready = ours.recv(MESSAGE) == b"ready"
        except TimeoutError:
            is_ready = False
        if not is_ready:
            self._end()
            raise Unavailable("Mercurial could not be started.", hint="The log of the server says more.")
        step_back(self._process.pid)  # and so will its children; not before, or the first client waits on a busy machine
        return ours

    def _end(self) -> None:
        if self._requests is not None:
            self._requests.close()
        if self._process is not None:
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(ENDING)
        self._requests = self._process = None


class _Attended:
    """The child of one client, which asks before it does anything."""

    def __init__(self, child: socket.socket, minder: Minder) -> None:
        self._child = child
        self._minder = minder
        self._updates: tuple[RefUpdate, ...] = ()
        child.settimeout(WATCHED_EVERY)

    def to_the_end(self) -> int:
        while True:
            try:
                message = self._child.recv(MESSAGE)
            except TimeoutError:
                # Raises where the access is gone; the child then sees the end of this socket, and ends where it waits.
                self._minder.check(writes=False)
                continue
            if not message:
                raise Unavailable("The server failed.", hint="Its log says more; please try again.")
            said: dict[str, Any] = json.loads(message)
            if said["ask"] == "ended":
                return _status(said["status"])
            if said["ask"] == "done":
                self._minder.leave()
            elif said["ask"] == "pushed":
                self._updates += _updates(said["updates"])
                if not said["more"]:
                    self._minder.pushed(self._updates)
                    self._updates = ()
                self._answer({})
            else:
                self._answer(self._asked(said))

    def _asked(self, said: dict[str, Any]) -> dict[str, Any]:
        try:
            self._minder.check(writes=said["writes"])
            if said["writes"]:
                self._minder.change()
            if said["is_transfer"]:
                self._minder.admit()
        except KallitheaError as refused:
            return {"refused": [refused.message, refused.hint]}
        return {}

    def _answer(self, answer: dict[str, Any]) -> None:
        with suppress(OSError):  # it died; the next look says so
            self._child.sendall(json.dumps(answer).encode())


def _status(status: int) -> int:
    if status == DEFECT:
        raise Unavailable("The server failed.", hint="Its log says more; please try again.")
    return status


def _updates(rows: list[list[Any]]) -> tuple[RefUpdate, ...]:
    return tuple(RefUpdate(RefKind(kind), name, old and CommitId(old), new and CommitId(new)) for kind, name, old, new in rows)
