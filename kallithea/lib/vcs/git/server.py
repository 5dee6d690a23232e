"""Serves git clients: the real git packs and unpacks, under our settings, our lock and our eyes."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

from kallithea.lib.errors import Forbidden
from kallithea.lib.vcs.answers import LONGEST_QUESTION, AnswerCache
from kallithea.lib.vcs.errors import RepositoryMissing
from kallithea.lib.vcs.git.folder import Folder
from kallithea.lib.vcs.git.packets import FLUSH, PushHead, packet, read_push_head, refusal, refused_refs
from kallithea.lib.vcs.git.refs import BRANCHES, TAGS, RefSnapshot, Stamp, read_snapshot
from kallithea.lib.vcs.git.session import receive, upload
from kallithea.lib.vcs.git.transfer import CHUNK, Transfer
from kallithea.lib.vcs.locks import PATIENCE, writer_lock
from kallithea.lib.vcs.objects import CommitId, RefKind, RefUpdate
from kallithea.lib.vcs.requests import BodyStream, GitRequest, PushListener, WireReply, WireRequest, whole_question
from kallithea.lib.vcs.sessions import GitSession, Line, Minder, Session

COMMANDS = {"git-upload-pack": "upload-pack", "git-receive-pack": "receive-pack"}
LOCKS = ("HEAD.lock", "packed-refs.lock", "packed-refs.new", "config.lock", "shallow.lock")
QUARANTINES = ("incoming-", "tmp_objdir-")  # names of git before and since 2.36 (tmp-objdir.c)
LAUNCH_BRANCH = b"refs/heads/main"
WANTED = re.compile(rb"want ([0-9a-f]+)")

Peel = Callable[[str], CommitId | None]


class GitServer:
    """Fulfils `Server` for one git repository."""

    def __init__(self, folder: Folder, peel: Peel, answers: AnswerCache, *, patience: float = PATIENCE) -> None:
        self._folder = folder
        self._peel = peel
        self._answers = answers
        self._patience = patience

    def serve(self, request: WireRequest, body: BodyStream, *, writable: bool, on_push: PushListener) -> WireReply:
        if not isinstance(request, GitRequest) or request.service not in COMMANDS:
            raise Forbidden("This is not a service of a git repository.")
        if request.service == "git-receive-pack" and not writable:
            raise Forbidden("Nothing may be pushed here.")
        self._folder.object_format()
        if request.advertise:
            return self._advertise(request)
        if request.service == "git-upload-pack":
            return self._upload(request, body)
        return self._receive(request, body, on_push)

    def converse(self, session: Session, line: Line, minder: Minder) -> int:
        if not isinstance(session, GitSession) or session.service not in COMMANDS:
            raise Forbidden("This is not a service of a git repository.")
        self._folder.object_format()
        if session.service == "git-upload-pack":
            return upload(self._folder, session, line, minder)

        def receiving(head: PushHead, unpack: Callable[[int], int]) -> int:
            with writer_lock(self._folder.path, patience=self._patience) as lock:
                clear_leftovers(self._folder.path)
                before = read_snapshot(self._folder.path)
                try:
                    return unpack(lock)
                finally:
                    self._conclude(head, before, minder.pushed)

        return receive(self._folder, session, line, minder, receiving)

    def _advertise(self, request: GitRequest) -> WireReply:
        # As http-backend.c: protocol v2 has no line that names the service.
        named = b"" if "version=2" in request.protocol.split(":") else packet(f"# service={request.service}\n".encode()) + FLUSH
        arguments = (COMMANDS[request.service], "--stateless-rpc", "--http-backend-info-refs")

        def start() -> Transfer:
            return Transfer(self._folder.git, self._folder.path, arguments, protocol=request.protocol, prelude=named)

        content_type = f"application/x-{request.service}-advertisement"
        if request.service == "git-upload-pack":
            return self._kept(request, b"", content_type, start)
        return WireReply(content_type, start())

    def _upload(self, request: GitRequest, body: BodyStream) -> WireReply:
        git, path = self._folder.git, self._folder.path
        question, is_all = whole_question(body, LONGEST_QUESTION)
        rest = None if is_all else body

        def start() -> Transfer:
            arguments = ("upload-pack", "--stateless-rpc")
            return Transfer(git, path, arguments, protocol=request.protocol, first=question, body=rest)

        if is_all and self._wants_tips(question):
            return self._kept(request, question, f"application/x-{request.service}-result", start)
        return _reply(request, start())

    def _wants_tips(self, question: bytes) -> bool:
        """Whether all that is wanted has a ref. Anything else may be gone after maintenance, although the refs are the same."""
        wanted = {found.decode("ascii") for found in WANTED.findall(question)}
        return not wanted or wanted.issubset(self._folder.snapshot().ids.values())

    def _kept(self, request: GitRequest, question: bytes, content_type: str, start: Callable[[], Transfer]) -> WireReply:
        """What git says, or said before of the same refs to the same question under the same settings."""
        begun: list[tuple[list[Stamp], Transfer]] = []

        def make() -> WireReply:
            begun.append((self._folder.stamps_of_refs(), start()))
            return WireReply(content_type, begun[0][1])

        def state() -> str:
            return repr((self._folder.fingerprint(), self._folder.stamp_of_settings()))

        def is_right() -> bool:
            # By the state alone nobody would notice what moved there and back.
            ((stamps, transfer),) = begun
            return transfer.has_succeeded and state() == before and self._folder.stamps_of_refs() == stamps

        before = state()
        asked = (request.service, str(request.advertise), request.protocol, question.hex())
        key = (*self._folder.git.identity(), str(self._folder.path), before, *asked)
        return self._answers.kept(key, make, is_right=is_right)

    def _receive(self, request: GitRequest, body: BodyStream, on_push: PushListener) -> WireReply:
        head = read_push_head(body)
        if refused := refused_refs(head.commands):
            return _reply(request, _after_the_body(body, refusal(head, refused)))
        if not head.commands:
            return _reply(request, iter(()))  # a client that tries its password before it sends a large push
        with ExitStack() as held:
            lock = held.enter_context(writer_lock(self._folder.path, patience=self._patience))
            clear_leftovers(self._folder.path)
            before = read_snapshot(self._folder.path)
            release = held.pop_all().close
        try:
            chunks = Transfer(
                self._folder.git,
                self._folder.path,
                ("receive-pack", "--stateless-rpc"),
                protocol=request.protocol,
                first=head.raw,
                body=body,
                inherited=(lock,),
                ending=lambda: self._conclude(head, before, on_push),
                released=release,
                finishes=True,
            )
        except BaseException:
            release()
            raise
        return _reply(request, chunks)

    def _conclude(self, head: PushHead, before: RefSnapshot, on_push: PushListener) -> None:
        after = read_snapshot(self._folder.path)
        if after.ids == before.ids:
            return
        self._point_head(head, after)
        on_push(tuple(self._updates(before, after)))

    def _point_head(self, head: PushHead, after: RefSnapshot) -> None:
        """Let HEAD name a branch that exists after the first push, so that clones check something out."""
        if after.head is None or after.head in after.ids:
            return
        pushed = [command.ref for command in head.commands if command.ref.startswith(BRANCHES) and command.ref in after.ids]
        if pushed:
            chosen = LAUNCH_BRANCH if LAUNCH_BRANCH in after.ids else pushed[0]
            self._folder.git.run(self._folder.path, "symbolic-ref", "HEAD", os.fsdecode(chosen))

    def _updates(self, before: RefSnapshot, after: RefSnapshot) -> Iterator[RefUpdate]:
        for ref in sorted(before.ids.keys() | after.ids.keys()):
            old, new = before.ids.get(ref), after.ids.get(ref)
            if old != new:
                kind, name = classify(ref)
                yield RefUpdate(kind, name, self._commit(old), self._commit(new))

    def _commit(self, object_id: str | None) -> CommitId | None:
        """The commit that a ref means; for a tag of something else its own id, because the ref did move."""
        if object_id is None:
            return None
        return self._peel(object_id) or CommitId(object_id)


def classify(ref: bytes) -> tuple[RefKind, str]:
    """What a full ref name is to people."""
    for prefix, kind in ((BRANCHES, RefKind.BRANCH), (TAGS, RefKind.TAG)):
        if ref.startswith(prefix):
            return kind, ref[len(prefix) :].decode("utf-8", "replace")
    return RefKind.OTHER, ref.decode("utf-8", "replace")


def clear_leftovers(folder: Path) -> None:
    """Remove what a killed git left behind. Only for the holder of the writer lock: everybody else's git has ended."""
    try:
        names = os.listdir(folder / "objects")  # noqa: PTH208 - Path.iterdir makes an object of each of 256 folders
    except FileNotFoundError as error:
        raise RepositoryMissing("The repository is not on the disk of the server.") from error
    for name in names:
        if name.startswith(QUARANTINES):
            shutil.rmtree(folder / "objects" / name, ignore_errors=True)
    for name in LOCKS:
        (folder / name).unlink(missing_ok=True)
    for place, _, files in os.walk(folder / "refs"):
        for name in files:
            if name.endswith(".lock"):
                with suppress(FileNotFoundError):
                    (Path(place) / name).unlink()


def _after_the_body(body: BodyStream, answer: bytes) -> Iterator[bytes]:
    """An answer for a client that reads only when it has sent everything."""
    while body.read(CHUNK):
        pass
    if answer:
        yield answer


def _reply(request: GitRequest, chunks: Iterator[bytes]) -> WireReply:
    return WireReply(f"application/x-{request.service}-result", chunks)
