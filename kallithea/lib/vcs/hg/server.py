"""Serves hg clients: small commands in this process, transfers and pushes in helper processes."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kallithea.lib.errors import KallitheaError, Unavailable
from kallithea.lib.vcs.answers import LONGEST_QUESTION, AnswerCache
from kallithea.lib.vcs.errors import RepositoryBusy, RepositoryMissing, UnsafeConfiguration
from kallithea.lib.vcs.hg import frames, opened, protocol
from kallithea.lib.vcs.hg.pool import Helper, HelperPool
from kallithea.lib.vcs.hg.sessions import Nursery
from kallithea.lib.vcs.hg.tasks import Task
from kallithea.lib.vcs.objects import CommitId, RefKind, RefUpdate
from kallithea.lib.vcs.requests import BodyStream, HgRequest, PushListener, Resumed, WireReply, WireRequest, whole_question
from kallithea.lib.vcs.sessions import HgSession, Line, Minder, Session

log = logging.getLogger(__name__)

BUNDLE = "getbundle"
"""The command that clones and pulls are made of."""

# What a helper can report by name; anything else is a defect and told to nobody but the log.
KNOWN_ERRORS: dict[str, type[KallitheaError]] = {
    known.__name__: known for known in (RepositoryBusy, RepositoryMissing, UnsafeConfiguration, Unavailable)
}


@dataclass(frozen=True, slots=True)
class HgServer:
    """Answers the wire commands of one repository."""

    folder: Path
    publishing: bool
    pool: HelperPool
    nursery: Nursery
    answers: AnswerCache

    def converse(self, session: Session, line: Line, minder: Minder) -> int:
        if not isinstance(session, HgSession):
            raise TypeError("an hg repository serves HgSession only")
        opened.stamp_of(self.folder)
        return self.nursery.converse(self.folder, session, line, minder, publishing=self.publishing)

    def serve(self, request: WireRequest, body: BodyStream, *, writable: bool, on_push: PushListener) -> WireReply:
        if not isinstance(request, HgRequest):
            raise TypeError("an hg repository serves HgRequest only")
        opened.stamp_of(self.folder)
        if protocol.is_small(request):
            repo = opened.served(self.folder, publishing=self.publishing)
            return _reply(protocol.answer(repo, request, body, writable=False))
        if protocol.may_write(request) and not writable:
            return _reply(protocol.not_authorized())
        if request.command == BUNDLE:
            return self._bundle(request, body, on_push)
        return self._serve_in_helper(request, body, writable=writable, on_push=on_push)

    def _bundle(self, request: HgRequest, body: BodyStream, on_push: PushListener) -> WireReply:
        """What the helper says, or said before of the same state to the same question."""
        question, is_all = whole_question(body, LONGEST_QUESTION)
        made: list[WireReply] = []

        def make() -> WireReply:
            made.append(self._serve_in_helper(request, Resumed(question, body), writable=False, on_push=on_push))
            return made[0]

        def state() -> str:
            return repr((opened.stamp_of(self.folder), self.publishing))

        if not is_all:
            return make()
        before = state()
        key = (protocol.version(), str(self.folder), before, request.query, repr(sorted(request.headers)), question.hex())
        return self.answers.kept(key, make, is_right=lambda: made[0].content_type != protocol.ERROR_TYPE and state() == before)

    def _serve_in_helper(self, request: HgRequest, body: BodyStream, *, writable: bool, on_push: PushListener) -> WireReply:
        pushing = writable and protocol.may_write(request)
        helper = self.pool.take()
        reply = _HelperReply(helper, self.pool, pushing=pushing)
        try:
            frames.write_frame(helper.sink, frames.TASK, Task(self.folder, self.publishing, writable, request).pack())
            if not _send_body(request, body, helper):
                raise Unavailable("The request broke off.")
            head = reply.head()
            chunks: Iterator[bytes] = reply
            if pushing:
                # Taken in whole, so that the push is entered whether or not the client waits for the answer.
                chunks = iter(list(reply))
                updates = _updates(head)
                if updates:
                    on_push(updates)
        except frames.PipeEnded:
            reply.close()
            log.exception("an hg helper died in %s of %s", request.command, self.folder)
            return _reply(protocol.refusal("the server failed; nothing was changed unless it says so, please try again"))
        except BaseException:
            reply.close()
            raise
        if head is None:
            return _reply(protocol.refusal("internal error of the server; its log says more"))
        return WireReply(
            content_type=head["content_type"],
            chunks=chunks,
            headers=tuple((name, value) for name, value in head["headers"]),
            status=head["status"],
        )


class _HelperReply:
    """The chunks that a helper sends; gives the helper back at their end, and ends it when closed before."""

    def __init__(self, helper: Helper, pool: HelperPool, *, pushing: bool) -> None:
        self._helper: Helper | None = helper
        self._pool = pool
        self._pushing = pushing

    def head(self) -> dict[str, Any] | None:
        """What comes before the chunks, or None for a defect that was logged. Raises what the helper met, if it has a name."""
        kind, content = self._next_frame()
        if kind == frames.HEAD:
            return frames.unpack(content)
        self._finish()
        _raise_known(frames.unpack(content))
        return None

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        if self._helper is None:
            raise StopIteration
        try:
            kind, content = self._next_frame()
        except frames.PipeEnded:
            self.close()
            raise
        if kind == frames.CHUNK:
            return content
        self._finish()
        if kind == frames.FAILED:
            # Mercurial has already written an error part into the stream where the format has one; breaking off says the rest.
            _raise_known(frames.unpack(content))
            raise Unavailable("The transfer failed in the middle.")
        raise StopIteration

    def close(self) -> None:
        """Nobody reads on: end the helper, gently if it may be writing."""
        helper, self._helper = self._helper, None
        if helper is None:
            return
        if self._pushing:
            self._pool.leave(helper)
        else:
            self._pool.discard(helper)

    def __del__(self) -> None:
        self.close()

    def _next_frame(self) -> tuple[bytes, bytes]:
        if self._helper is None:
            raise frames.PipeEnded("closed")
        return frames.read_frame(self._helper.source)

    def _finish(self) -> None:
        helper, self._helper = self._helper, None
        if helper is not None:
            self._pool.give_back(helper)


def _send_body(request: HgRequest, body: BodyStream, helper: Helper) -> bool:
    """Pass the body on; False if it is shorter than announced, and then the helper was not told that it is complete."""
    announced = next((int(value) for name, value in request.headers if name == "Content-Length" and value.isdigit()), None)
    passed = 0
    while chunk := body.read(frames.FRAME_SIZE):
        frames.write_frame(helper.sink, frames.BODY, chunk)
        passed += len(chunk)
    if announced is not None and passed < announced:
        return False
    frames.write_frame(helper.sink, frames.BODY_END)
    return True


def _raise_known(facts: dict[str, Any]) -> None:
    known = KNOWN_ERRORS.get(facts["error"])
    if known is not None:
        raise known(facts["message"], hint=facts["hint"])
    log.error("an hg helper failed: %s\n%s", facts["message"], facts.get("traceback", ""))


def _updates(head: dict[str, Any] | None) -> tuple[RefUpdate, ...]:
    if head is None:
        return ()
    return tuple(
        RefUpdate(RefKind(kind), name, old and CommitId(old), new and CommitId(new)) for kind, name, old, new in head["updates"]
    )


def _reply(answer: protocol.Answer) -> WireReply:
    return WireReply(
        content_type=protocol.content_type(answer),
        chunks=answer.body,
        headers=protocol.header_pairs(answer),
        status=answer.status.decode("latin-1"),
    )
