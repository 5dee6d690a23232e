"""Moves bytes between a client and a git child: body in, answer out, in constant memory."""

from __future__ import annotations

import logging
import os
import subprocess
import tempfile
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

from kallithea.lib.vcs.git.command import Git, end, last_words
from kallithea.lib.vcs.requests import BodyStream

log = logging.getLogger(__name__)

CHUNK = 1 << 17
SMALL = 1 << 16
"""Bytes that any pipe takes without a reader: a body up to this size needs no thread."""


class Transfer:
    """The chunks of one answer; iterate to the end or close.

    `ending` runs once, when git has ended and before the last chunk is handed out: what it does has happened when the client
    has the whole answer. `released` runs once at the very end, whatever happened.
    """

    def __init__(
        self,
        git: Git,
        folder: Path,
        arguments: Sequence[str],
        *,
        protocol: str,
        first: bytes = b"",
        body: BodyStream | None = None,
        prelude: bytes = b"",
        inherited: Sequence[int] = (),
        ending: Callable[[], None] | None = None,
        released: Callable[[], None] | None = None,
        finishes: bool = False,
    ) -> None:
        self._ending = ending
        self._released = released
        self._finishes = finishes
        self._pending = prelude
        self.has_succeeded = False
        """Whether git has ended in peace, and its answer was read to the end."""
        self._is_over = True  # until the child runs there is nothing to end
        self._command = " ".join(arguments)
        self._complaints: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - open as long as the transfer
        try:
            self._child = git.start_service(
                folder, *arguments, protocol=protocol, complaints=self._complaints, inherited=inherited
            )
        except BaseException:
            self._complaints.close()
            raise
        self._feed = _Feed(self._child, first, body)
        self._is_over = False

    def __iter__(self) -> Transfer:
        return self

    def __next__(self) -> bytes:
        if self._is_over:
            raise StopIteration
        try:
            return self._next_chunk()
        except BaseException:
            self.close()
            raise

    def _next_chunk(self) -> bytes:
        """Hand out the chunk before the one just read, so that one is left when git has ended and `ending` has run."""
        if self._ending is None and not self._pending and (chunk := self._read()):
            return chunk
        while chunk := self._read():
            ready, self._pending = self._pending, chunk
            if ready:
                return ready
        last, self._pending = self._pending, b""
        self._finish()
        if last:
            return last
        raise StopIteration

    def _read(self) -> bytes:
        assert self._child.stdout is not None
        return os.read(self._child.stdout.fileno(), CHUNK)

    def _finish(self) -> None:
        if self._is_over:
            return
        self._is_over = True
        try:
            status = self._child.wait()
            self._feed.stop()
            self._feed.join()
            self._log(status)
            if self._ending:
                self._ending()
        finally:
            self._release()
        if self._feed.error:
            raise self._feed.error
        self.has_succeeded = status == 0

    def close(self) -> None:
        """End the transfer; a push that the client has sent completely is allowed to come to its end."""
        if self._is_over:
            return
        self._is_over = True
        try:
            self._feed.stop()
            if self._finishes:
                while self._read():
                    pass
            end(self._child)
            self._feed.join()
            if self._ending:
                self._ending()
        finally:
            self._release()

    def _release(self) -> None:
        assert self._child.stdout is not None
        self._child.stdout.close()
        self._complaints.close()
        if self._released:
            self._released()

    def _log(self, status: int) -> None:
        if said := last_words(self._complaints):
            log.warning("git %s ended with %s: %s", self._command, status, said)
        elif status != 0:
            log.warning("git %s ended with %s", self._command, status)

    def __del__(self) -> None:
        self.close()


class _Feed:
    """Writes a request body into a child's input; a large one in a thread, so that nobody waits for each other in a ring."""

    def __init__(self, child: subprocess.Popen[bytes], first: bytes, body: BodyStream | None) -> None:
        assert child.stdin is not None
        self._pipe = child.stdin
        self._body = body
        self._stopped = False
        self._thread: threading.Thread | None = None
        self.error: Exception | None = None
        head, is_whole = self._gather(first)
        if is_whole:
            self._write_and_close(head)
        else:
            self._thread = threading.Thread(target=self._pump, args=(head,), name="git-body", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Ask for an end at the next chunk; git then sees a body that ends too early, and changes nothing."""
        self._stopped = True

    def join(self) -> None:
        """Wait until the body is left alone. Only when git has ended or its answer is read, or this may never come back."""
        if self._thread and self._thread is not threading.current_thread():
            self._thread.join()

    def _gather(self, first: bytes) -> tuple[bytes, bool]:
        """The beginning of the body, and whether it is all of it."""
        if self._body is None:
            return first, True
        found = first
        try:
            while len(found) < SMALL:
                more = self._body.read(SMALL - len(found))
                if not more:
                    return found, True
                found += more
        except Exception as error:  # noqa: BLE001 - whatever the web server raises belongs to the reader of the answer
            self.error = error
            return b"", True
        return found, False

    def _write_and_close(self, data: bytes) -> None:
        with suppress(BrokenPipeError):
            self._write(data)
        self._close()

    def _pump(self, head: bytes) -> None:
        assert self._body is not None
        try:
            self._write(head)
            while not self._stopped and (data := self._body.read(CHUNK)):
                self._write(data)
        except BrokenPipeError:
            self._drain()
        except Exception as error:  # noqa: BLE001 - likewise; git sees a body that ends too early and changes nothing
            self.error = error
        finally:
            self._close()

    def _drain(self) -> None:
        """Take the rest from the client: it reads our answer only when it has sent everything."""
        assert self._body is not None
        with suppress(Exception):
            while not self._stopped and self._body.read(CHUNK):
                pass

    def _write(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[os.write(self._pipe.fileno(), view) :]

    def _close(self) -> None:
        with suppress(OSError):
            self._pipe.close()
