"""A helper process: serves one large hg request after the other over its standard input and output (see frames.py).

Started by pool.py as `python -m kallithea.lib.vcs.hg.helper <folder for incoming bodies>`. It ends when its input ends, so it
outlives the server only for the push that it may be in: a push that is complete is finished, one whose body breaks off never
begins.
"""

from __future__ import annotations

import logging
import os
import sys
import tempfile
import traceback
from collections.abc import Iterable, Iterator
from typing import IO, Any, BinaryIO

from kallithea.lib import disks
from kallithea.lib.errors import KallitheaError
from kallithea.lib.vcs.hg import durability, frames, opened, protocol, queries
from kallithea.lib.vcs.hg.movements import movements, positions
from kallithea.lib.vcs.hg.recovery import mend
from kallithea.lib.vcs.hg.tasks import Task
from kallithea.lib.vcs.locks import writer_lock
from kallithea.lib.vcs.objects import RefUpdate
from kallithea.lib.vcs.requests import HgRequest

SPOOLED_IN_MEMORY = 1 << 20


def main(incoming: str) -> None:
    """Serve tasks until the input ends."""
    source, sink = _private_pipes()
    logging.basicConfig(stream=sys.stderr, format="hg helper %(process)d: %(message)s")
    try:
        while True:
            kind, content = frames.read_frame(source)
            if kind != frames.TASK:
                raise frames.PipeEnded(f"unexpected frame {kind!r}")
            facts = frames.unpack(content)
            if queries.QUERY in facts:
                queries.answer(facts, sink)
            else:
                _serve(Task.unpack(content), source, sink, incoming)
    except frames.PipeEnded:
        return


def _private_pipes() -> tuple[BinaryIO, BinaryIO]:
    """The pipes to the server, moved away from descriptors 0 and 1, where stray prints would end up between the frames."""
    source, sink = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    os.close(nothing)
    return os.fdopen(source, "rb"), os.fdopen(sink, "wb")


def _serve(task: Task, source: BinaryIO, sink: BinaryIO, incoming: str) -> None:
    with tempfile.SpooledTemporaryFile(SPOOLED_IN_MEMORY, dir=incoming) as body:
        try:
            size = _receive(source, body)
            if protocol.may_write(task.request) and task.writable:
                _push(task, body, size, sink)
            else:
                _read(task, body, size, sink)
        except frames.PipeEnded:
            raise
        except KallitheaError as known:
            facts = {"error": type(known).__name__, "message": known.message, "hint": known.hint}
            frames.write_frame(sink, frames.FAILED, frames.pack(facts))
        except Exception as unexpected:  # noqa: BLE001 the outermost net of this process: the server logs what it caught
            if full := disks.unavailable(unexpected):
                facts = {"error": type(full).__name__, "message": full.message, "hint": full.hint}
                frames.write_frame(sink, frames.FAILED, frames.pack(facts))
                return
            facts = {"error": "", "message": str(unexpected), "traceback": traceback.format_exc()}
            frames.write_frame(sink, frames.FAILED, frames.pack(facts))


def _receive(source: BinaryIO, body: IO[bytes]) -> int:
    """Take the whole body in before anything is locked or begun, for clients are slow and break off; returns its size."""
    failed = None
    while True:
        kind, content = frames.read_frame(source)
        if kind == frames.BODY_END:
            break
        # The rest is read all the same, so that the answer is what the server reads next.
        if failed is None:
            try:
                body.write(content)
            except OSError as error:
                failed = error
    if failed is not None:
        raise failed
    size = body.tell()
    body.seek(0)
    return size


def _read(task: Task, body: IO[bytes], size: int, sink: BinaryIO) -> None:
    repo = opened.served(task.folder, publishing=task.publishing)
    response = protocol.answer(repo, _sized(task.request, size), body, writable=False)
    _send(response, response.body, (), sink)


def _push(task: Task, body: IO[bytes], size: int, sink: BinaryIO) -> None:
    """Change the repository under its writer lock; the answer begins when everything is safely on disk."""
    written: list[bytes] = []

    def note_files(repo: Any, **_facts: Any) -> None:
        written.extend(durability.journalled_files(repo))

    with writer_lock(task.folder):
        repo = opened.unfiltered(task.folder, publishing=task.publishing)
        mend(task.folder, repo)
        repo.ui.setconfig(b"hooks", b"pretxnclose.kallithea", note_files, b"kallithea")
        seen = repo.filtered(b"served")
        before = positions(seen)
        response = protocol.answer(seen, _sized(task.request, size), body, writable=True)
        # Mercurial's answers to pushes are short; taken in whole, for a generator may still be working in the repository.
        answer = b"".join(response.body)
        durability.sync(repo, written)
        now = opened.unfiltered(task.folder, publishing=task.publishing).filtered(b"served")
        updates = movements(now, before, positions(now))
    _send(response, (answer,), updates, sink)


def _send(response: protocol.Answer, body: Iterable[bytes], updates: tuple[RefUpdate, ...], sink: BinaryIO) -> None:
    head = {
        "status": response.status.decode("latin-1"),
        "content_type": protocol.content_type(response),
        "headers": protocol.header_pairs(response),
        "updates": [
            (update.kind.value, update.name, update.old and update.old.hex, update.new and update.new.hex) for update in updates
        ],
    }
    frames.write_frame(sink, frames.HEAD, frames.pack(head))
    for chunk in _gathered(body):
        frames.write_frame(sink, frames.CHUNK, chunk)
    frames.write_frame(sink, frames.END)


def _gathered(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in pieces of about FRAME_SIZE: Mercurial yields many small ones."""
    kept: list[bytes] = []
    size = 0
    for chunk in chunks:
        kept.append(bytes(chunk))
        size += len(chunk)
        if size >= frames.FRAME_SIZE:
            yield b"".join(kept)
            kept, size = [], 0
    if kept:
        yield b"".join(kept)


def _sized(request: HgRequest, size: int) -> HgRequest:
    """The request with the true size of its body, which Mercurial reads from the header."""
    headers = tuple((name, value) for name, value in request.headers if name.lower() != "content-length")
    return HgRequest(request.command, request.commands, request.query, (*headers, ("Content-Length", str(size))))


if __name__ == "__main__":
    main(sys.argv[1])
