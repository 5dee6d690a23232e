"""Serves one hg client over its own descriptors: Mercurial's SSH protocol, version 1 (mercurial/wireprotoserver.py).

Runs in a process of its own, forked for the client (see nursery.py). Before each command the service is asked whether the
client may still do it, so nothing is decided here.
"""

from __future__ import annotations

import logging
import os
import select
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Protocol

from mercurial import error, wireprototypes, wireprotov1server

from kallithea.lib import disks
from kallithea.lib.errors import KallitheaError
from kallithea.lib.vcs.hg import durability, opened
from kallithea.lib.vcs.hg.movements import movements, positions
from kallithea.lib.vcs.hg.protocol import LARGEST_POSTED_ARGUMENTS, SMALL
from kallithea.lib.vcs.hg.recovery import mend
from kallithea.lib.vcs.locks import writer_lock
from kallithea.lib.vcs.objects import RefUpdate
from kallithea.lib.vcs.requests import LARGEST_PUSH

log = logging.getLogger(__name__)

LONGEST_LINE = 256
"""Bytes of a line: the name of a command, or of an argument and its size."""
PIECE = 1 << 17
SPOOLED_IN_MEMORY = 1 << 20
DENIED = "push not authorized"


class Hangup(Exception):
    """The client is gone, or the service ends the session."""


class Malformed(Exception):
    """The client does not speak the protocol."""


class Desk(Protocol):
    """The service, as this process sees it."""

    def fileno(self) -> int:
        """Readable when the service ends the session."""
        ...

    def ask(self, *, writes: bool, is_transfer: bool) -> None:
        """Whether a command may be done now. Raises KallitheaError with the words of a refusal, Hangup."""
        ...

    def done(self) -> None:
        """The command is over, and so is its place among the transfers."""
        ...

    def pushed(self, updates: tuple[RefUpdate, ...]) -> None:
        """Returns when the push is entered, or when nobody is there any more to enter it."""
        ...


class Incoming:
    """What the client sends, buffered."""

    def __init__(self, source: int) -> None:
        self._source = source
        self._buffer = bytearray()

    def command(self, desk: Desk) -> bytes:
        """The next line, waited for as long as the service lets us; b"" at the end."""
        if not self._buffer:
            waiting = select.poll()
            waiting.register(self._source, select.POLLIN)
            waiting.register(desk.fileno(), select.POLLIN)
            if desk.fileno() in {ready for ready, _ in waiting.poll()}:
                raise Hangup
        return self.line()

    def line(self) -> bytes:
        """A line without its end; b"" at the end of everything. Raises Malformed for one that is too long."""
        while (found := self._buffer.find(b"\n")) < 0:
            if len(self._buffer) > LONGEST_LINE:
                raise Malformed("a line without an end")
            if not self._more():
                if self._buffer:
                    raise Hangup
                return b""
        if found > LONGEST_LINE:
            raise Malformed("a line that is too long")
        line = bytes(self._buffer[:found])
        del self._buffer[: found + 1]
        return line

    def read(self, size: int) -> bytes:
        """Exactly so many bytes. Raises Hangup."""
        while len(self._buffer) < size:
            if not self._more():
                raise Hangup
        found = bytes(self._buffer[:size])
        del self._buffer[:size]
        return found

    def pieces(self, size: int) -> Iterator[bytes]:
        """So many bytes, in pieces."""
        while size:
            if not self._buffer and not self._more():
                raise Hangup
            piece = bytes(self._buffer[:size])
            del self._buffer[: len(piece)]
            size -= len(piece)
            yield piece

    def _more(self) -> bool:
        try:
            found = os.read(self._source, PIECE)
        except ConnectionResetError:
            return False
        self._buffer += found
        return bool(found)


@dataclass(slots=True)
class _Question:
    """One command with the method names that Mercurial's code expects of a protocol (wireprototypes.baseprotocolhandler)."""

    command: bytes
    arguments: Mapping[bytes, Any]
    may_write: bool
    _protocaps: set[bytes]
    """Set by the command `protocaps`, by this name."""
    address: str
    payload: IO[bytes] | None = None
    name: bytes = wireprototypes.SSHV1

    def getargs(self, names: bytes) -> list[Any]:
        return [self.arguments[name] for name in names.split()]

    def getprotocaps(self) -> set[bytes]:
        return self._protocaps

    def getpayload(self) -> Iterator[bytes]:
        if self.payload is not None:
            while piece := self.payload.read(PIECE):
                yield piece

    @contextmanager
    def mayberedirectstdio(self) -> Iterator[None]:
        yield None

    def client(self) -> bytes:
        return b"remote:ssh:" + self.address.encode()

    def addcapabilities(self, _repo: object, capabilities: list[bytes]) -> list[bytes]:
        return [*capabilities, b"protocaps", b"batch"]

    def checkperm(self, permission: bytes) -> None:
        # Decided before (`needs_write`); here once more, for a batch reads its commands in its own way.
        if permission != b"pull" and not self.may_write:
            raise error.Abort(DENIED.encode())


@dataclass
class Conversation:
    """One client; `incoming_folder` is for what it sends, `publishing` how the repository is opened."""

    folder: Path
    publishing: bool
    address: str
    incoming_folder: str
    incoming: Incoming
    sink: int
    words: int
    desk: Desk
    capabilities: set[bytes] = field(default_factory=set)
    _is_streaming: bool = False

    def hold(self) -> int:
        """Answer commands until the client has enough; the status for it to end with."""
        try:
            while name := self.incoming.command(self.desk):
                if not self._answer(name):
                    return 1
        except (Hangup, BrokenPipeError, ConnectionResetError):
            return 1
        except Malformed as mistake:
            log.info("an hg client that does not speak the protocol: %s", mistake)
            self._say("malformed request")
            return 1
        return 0

    def _answer(self, name: bytes) -> bool:
        """Answer one command; False where the conversation has to end."""
        entry = wireprotov1server.commands.get(name)
        if entry is None or wireprototypes.SSHV1 not in entry.transports:
            self._respond(b"")  # as Mercurial does: clients try what they know
            return True
        arguments = read_arguments(self.incoming, entry.args.split())
        writes = needs_write(name, arguments)
        try:
            self.desk.ask(writes=writes, is_transfer=is_transfer(name, arguments))
            try:
                question = _Question(name, arguments, writes, self.capabilities, self.address)
                self._write(question) if writes else self._read(question)
            finally:
                self.desk.done()
        except KallitheaError as refused:
            return self._refuse(*refused.lines) and not writes  # what comes behind a refused command may be its bundle
        except error.Abort as abort:
            return self._refuse(abort.message.decode("utf-8", "replace")) and not writes
        except (error.RepoError, error.StorageError) as problem:
            return self._refuse(str(problem)) and not writes
        except (KeyError, ValueError, IndexError, TypeError, AssertionError) as mistake:
            if writes:
                raise  # in the middle of a push it may as well be a defect, which the outer net reports
            # Mercurial takes arguments apart without checking them: missing, not hexadecimal, not batchable.
            raise Malformed(f"{name.decode('latin-1')}: {mistake!r}") from mistake
        except OSError as problem:
            if not (full := disks.unavailable(problem)):
                raise
            self._refuse(*full.lines)
            return False
        return True

    def _read(self, question: _Question) -> None:
        repo = opened.served(self.folder, publishing=self.publishing)
        self._send(wireprotov1server.dispatch(repo, question, question.command))
        self.capabilities = question.getprotocaps()

    def _write(self, question: _Question) -> None:
        """Change the repository under its writer lock; the answer begins when everything is safely on disk and entered."""
        with tempfile.SpooledTemporaryFile(SPOOLED_IN_MEMORY, dir=self.incoming_folder) as payload:
            if question.command == b"unbundle":
                # Taken in whole before anything is locked, for clients are slow and break off.
                self._receive(payload)
                question.payload = payload
                self.desk.ask(writes=True, is_transfer=True)
            response, updates = self._changed(question)
        if updates:
            self.desk.pushed(updates)
        self._send(response)

    def _changed(self, question: _Question) -> tuple[Any, tuple[RefUpdate, ...]]:
        written: list[bytes] = []

        def note_files(repo: Any, **_facts: Any) -> None:
            written.extend(durability.journalled_files(repo))

        with writer_lock(self.folder):
            repo = opened.unfiltered(self.folder, publishing=self.publishing)
            mend(self.folder, repo)
            repo.ui.setconfig(b"hooks", b"pretxnclose.kallithea", note_files, b"kallithea")
            # What Mercurial has to say goes to the client in the answer, as over HTTP.
            repo.ui.setconfig(b"experimental", b"bundle2-output-capture", b"yes", b"kallithea")
            seen = repo.filtered(b"served")
            before = positions(seen)
            response = wireprotov1server.dispatch(seen, question, question.command)
            if isinstance(response, wireprototypes.streamreslegacy | wireprototypes.streamres):
                # Taken in whole, for a generator may still be working in the repository.
                response = wireprototypes.streamreslegacy(gen=iter([b"".join(response.gen)]))
            durability.sync(repo, written)
            now = opened.unfiltered(self.folder, publishing=self.publishing).filtered(b"served")
            return response, movements(now, before, positions(now))

    def _receive(self, payload: Any) -> None:
        """Invite the bundle, and take it: frames of a size and so many bytes, until one of no bytes."""
        self._respond(b"")
        taken = 0
        while size := _size(self.incoming.line()):
            taken += size
            if taken > LARGEST_PUSH:
                raise Malformed("a push that is too large")
            for piece in self.incoming.pieces(size):
                payload.write(piece)
        payload.seek(0)

    def _send(self, response: Any) -> None:
        if isinstance(response, bytes):
            self._respond(response)
        elif isinstance(response, wireprototypes.bytesresponse):
            self._respond(response.data)
        elif isinstance(response, wireprototypes.streamreslegacy | wireprototypes.streamres):
            self._is_streaming = True
            for chunk in _gathered(response.gen):
                self._put(chunk)
            self._is_streaming = False
        elif isinstance(response, wireprototypes.pushres):
            self._respond(b"")
            self._respond(b"%d" % response.res)
        elif isinstance(response, wireprototypes.pusherr):
            self._respond(response.res)
        elif isinstance(response, wireprototypes.ooberror):
            self._refuse(response.message.decode("utf-8", "replace"))
        else:
            raise TypeError(f"Mercurial answers with {type(response)}")

    def _refuse(self, *lines: str) -> bool:
        """An answer of its own kind: an empty line, and the reason for the user on the third descriptor.

        False where it came into the middle of another answer, which is then broken off.
        """
        self._say(*lines)
        if not self._is_streaming:
            self._put(b"\n")
        return not self._is_streaming

    def _say(self, *lines: str) -> None:
        os.write(self.words, "".join(f"{line}\n" for line in lines).encode())

    def _respond(self, value: bytes) -> None:
        self._put(b"%d\n%s" % (len(value), value))

    def _put(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[os.write(self.sink, view) :]


def needs_write(name: bytes, arguments: Mapping[bytes, Any]) -> bool:
    """Whether the command, or one in a batch, is declared, or by default taken, to change something."""
    return any(_permission(each) != b"pull" for each in (name, *_batched(name, arguments)))


def is_transfer(name: bytes, arguments: Mapping[bytes, Any]) -> bool:
    """Whether it may take long."""
    inner = _batched(name, arguments)
    return not all(each.decode("latin-1") in SMALL for each in (inner or (name,)))


def read_arguments(incoming: Incoming, names: list[bytes]) -> dict[bytes, Any]:
    """The arguments of a command, those of no fixed name as a dictionary under `*`. Raises Malformed, Hangup."""
    found: dict[bytes, Any] = {}
    left = LARGEST_POSTED_ARGUMENTS
    for _ in names:
        name, size = _argument(incoming)
        if name not in names or name in found:
            raise Malformed("an unexpected argument")
        if name != b"*":
            found[name] = _value(incoming, size, left)
            left -= size
            continue
        if size > LARGEST_POSTED_ARGUMENTS // 1024:
            raise Malformed("too many arguments")
        others = found[name] = {}
        for _ in range(size):
            other, length = _argument(incoming)
            others[other] = _value(incoming, length, left)
            left -= length
    return found


def _argument(incoming: Incoming) -> tuple[bytes, int]:
    name, _, size = incoming.line().partition(b" ")
    return name, _size(size)


def _value(incoming: Incoming, size: int, left: int) -> bytes:
    if size > left:
        raise Malformed("arguments that are too long")
    return incoming.read(size)


def _size(text: bytes) -> int:
    if not text.isdigit() or len(text) > 12:
        raise Malformed("a size that is no number")
    return int(text)


def _batched(name: bytes, arguments: Mapping[bytes, Any]) -> tuple[bytes, ...]:
    if name != b"batch":
        return ()
    return tuple(pair.partition(b" ")[0] for pair in arguments.get(b"cmds", b"").split(b";"))


def _permission(name: bytes) -> bytes:
    entry = wireprotov1server.commands.get(name)
    # A batch in a batch counts as an unknown command.
    return entry.permission if entry else b"push"


def _gathered(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in pieces of about PIECE: Mercurial yields many small ones."""
    kept: list[bytes] = []
    size = 0
    for chunk in chunks:
        kept.append(bytes(chunk))
        size += len(chunk)
        if size >= PIECE:
            yield b"".join(kept)
            kept, size = [], 0
    if kept:
        yield b"".join(kept)
