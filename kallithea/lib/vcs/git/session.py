"""Serves git clients that stay connected: git has the client's own descriptors, and no byte of a pack comes through here."""

from __future__ import annotations

import logging
import os
import select
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import IO

from kallithea.lib.errors import KallitheaError, TooLarge
from kallithea.lib.vcs.git.command import end, last_words
from kallithea.lib.vcs.git.folder import Folder
from kallithea.lib.vcs.git.packets import PushHead, read_push_head, refusal, refused_refs
from kallithea.lib.vcs.requests import LARGEST_PUSH
from kallithea.lib.vcs.sessions import WATCHED_EVERY, GitSession, Line, Minder

log = logging.getLogger(__name__)

PIECE = 1 << 20
FAILED = 128
"""What git ends with when it cannot go on."""

Receiving = Callable[[PushHead, Callable[[int], int]], int]
"""Does a push under the writer lock: gets its head and what runs git there (with the lock's descriptor); gives git's status."""


def upload(folder: Folder, session: GitSession, line: Line, minder: Minder) -> int:
    """Let a client clone or fetch; the status for it to end with."""
    minder.admit()
    return _Child(folder, session, ("upload-pack", "--strict"), line, stdin=line.source).watched(minder)


def receive(folder: Folder, session: GitSession, line: Line, minder: Minder, receiving: Receiving) -> int:
    """Let a client push; the status for it to end with.

    The refs are told first, without a lock: what runs before a push on the side of the client may take its time.
    """
    told = _Child(folder, session, ("receive-pack", "--http-backend-info-refs"), line, stdin=subprocess.DEVNULL)
    if status := told.watched(minder):
        return status
    body = _Patient(line.source, minder)
    head = read_push_head(body)
    if not head.commands:
        return 0
    minder.check(writes=True)
    minder.change()
    minder.admit()
    if refused := refused_refs(head.commands):
        _write(line.sink, refusal(head, refused))
        body.drain()
        return 0
    return receiving(head, lambda lock: _unpack(folder, session, line, head, lock))


def _unpack(folder: Folder, session: GitSession, line: Line, head: PushHead, lock: int) -> int:
    """Run the git that takes a push in; it reports to the client by itself."""
    arguments = ("receive-pack", "--stateless-rpc")
    child = _Child(folder, session, arguments, line, stdin=subprocess.PIPE, inherited=(lock,))
    try:
        child.feed(head.raw, line.source)
    finally:
        status = child.wait()
    return status


class _Child:
    """A git that talks to the client. It was started when this was made; wait for it in any case."""

    def __init__(
        self,
        folder: Folder,
        session: GitSession,
        arguments: Sequence[str],
        line: Line,
        *,
        stdin: int,
        inherited: Sequence[int] = (),
    ) -> None:
        self._command = arguments[0]
        self._complaints: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - open as long as the child
        try:
            self._process = folder.git.start_session(
                folder.path,
                *arguments,
                protocol=session.protocol,
                stdin=stdin,
                stdout=line.sink,
                complaints=self._complaints,
                inherited=inherited,
            )
        except BaseException:
            self._complaints.close()
            raise

    def watched(self, minder: Minder) -> int:
        """Wait for the end, asking now and then whether the client may still read; its status. Ends it where it may not."""
        try:
            while True:
                try:
                    self._process.wait(WATCHED_EVERY)
                    break
                except subprocess.TimeoutExpired:
                    minder.check(writes=False)
        except BaseException:
            end(self._process)
            raise
        finally:
            status = self.wait()
        return status

    def feed(self, first: bytes, source: int) -> None:
        """Pass on what the client sends, in the kernel (splice(2)), until it ends or git has ended. Raises TooLarge."""
        assert self._process.stdin is not None
        pipe = self._process.stdin.fileno()
        passed = len(first)
        ended = os.pidfd_open(self._process.pid)
        try:
            _write(pipe, first)
            waiting = select.poll()
            waiting.register(source, select.POLLIN)
            waiting.register(ended, select.POLLIN)
            while ended not in {ready for ready, _ in waiting.poll()}:
                moved = os.splice(source, pipe, PIECE)
                if not moved:
                    return
                passed += moved
                if passed > LARGEST_PUSH:
                    self._process.kill()
                    raise TooLarge("This push is too large.", hint="Push in several steps.")
        except (BrokenPipeError, ConnectionResetError):
            return  # git has ended, or the client has; what git makes of it is its status
        finally:
            os.close(ended)
            with suppress(OSError):
                self._process.stdin.close()

    def wait(self) -> int:
        """The status it ended with; what it complained about goes to the log."""
        status = self._process.wait()
        if not self._complaints.closed:
            if said := last_words(self._complaints):
                log.warning("git %s ended with %s: %s", self._command, status, said)
            self._complaints.close()
        return status if status >= 0 else FAILED


class _Patient:
    """What a client sends, for as long as it may send it; not a byte is taken ahead."""

    def __init__(self, source: int, minder: Minder) -> None:
        self._source = source
        self._minder = minder
        self._waiting = select.poll()
        self._waiting.register(source, select.POLLIN)

    def read(self, size: int, /) -> bytes:
        while not self._waiting.poll(WATCHED_EVERY * 1000):
            self._minder.check(writes=True)
        try:
            return os.read(self._source, size)
        except ConnectionResetError:
            return b""

    def drain(self) -> None:
        """Take the rest of a push that was refused: the client reads our answer only when it has sent everything."""
        left = LARGEST_PUSH
        with suppress(KallitheaError):
            while left > 0 and (taken := len(self.read(PIECE))):
                left -= taken


def _write(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]
