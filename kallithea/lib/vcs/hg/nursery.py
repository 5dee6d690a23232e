"""A process that has imported Mercurial and does nothing but fork: each hg client over SSH gets a child of it at once.

Started as `python -m kallithea.lib.vcs.hg.nursery DESCRIPTOR INCOMING`. Over the descriptor (a socket of messages) come the
facts of a client, with its three descriptors and a socket to the service for the child. It ends when its service does; a child
that is in a push finishes it first.
"""

from __future__ import annotations

import gc
import json
import logging
import os
import signal
import socket
import sys
import traceback
from pathlib import Path
from typing import Any

# Imported for the children: Mercurial imports these when they are first needed.
from mercurial import (  # noqa: F401
    bookmarks,
    bundle2,
    changegroup,
    discovery,
    exchange,
    obsolete,
    phases,
    streamclone,
    wireprotov1server,
)

from kallithea.lib.errors import KallitheaError
from kallithea.lib.vcs.hg.settings import base_ui
from kallithea.lib.vcs.hg.stdio import Conversation, Hangup, Incoming
from kallithea.lib.vcs.objects import RefUpdate

MESSAGE = 1 << 20
ROWS = 100
"""Updates in one message: a socket takes some 200 kB."""
DESCRIPTORS = 4
DEFECT = 70


class ServiceDesk:
    """The service at the other end of a socket of messages; fulfils `Desk`."""

    def __init__(self, service: socket.socket) -> None:
        self._service = service

    def fileno(self) -> int:
        return self._service.fileno()

    def ask(self, *, writes: bool, is_transfer: bool) -> None:
        answer = self._asked({"ask": "command", "writes": writes, "is_transfer": is_transfer})
        if answer is None:
            raise Hangup
        if refused := answer.get("refused"):
            raise KallitheaError(refused[0], hint=refused[1])

    def done(self) -> None:
        self._told({"ask": "done"})

    def pushed(self, updates: tuple[RefUpdate, ...]) -> None:
        rows = [(each.kind.value, each.name, each.old and each.old.hex, each.new and each.new.hex) for each in updates]
        for begin in range(0, len(rows), ROWS):
            rest = begin + ROWS < len(rows)
            if self._asked({"ask": "pushed", "updates": rows[begin : begin + ROWS], "more": rest}) is None:
                # The push is on disk: to call it failed would be a lie.
                logging.error("the service is gone: a push is not in the ledger: %s", rows)
                return

    def ended(self, status: int) -> None:
        self._told({"ask": "ended", "status": status})

    def _asked(self, question: dict[str, Any]) -> dict[str, Any] | None:
        """The answer; None where nobody is there any more."""
        if not self._told(question):
            return None
        try:
            answer = self._service.recv(MESSAGE)
        except OSError:
            return None
        return json.loads(answer) if answer else None

    def _told(self, what: dict[str, Any]) -> bool:
        try:
            self._service.sendall(json.dumps(what).encode())
        except OSError:
            return False
        return True


def main(descriptor: int, incoming: str) -> None:
    """Fork for each client until the service is gone."""
    logging.basicConfig(stream=sys.stderr, format="hg session %(process)d: %(message)s")
    for publishing in (True, False):
        base_ui(publishing)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the children: the service hears from them
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.collect()
    gc.freeze()
    with socket.socket(fileno=descriptor) as requests:
        requests.sendall(b"ready")
        while True:
            message, found, _, _ = socket.recv_fds(requests, MESSAGE, DESCRIPTORS)
            if not message:
                return
            if len(found) == DESCRIPTORS and os.fork() == 0:
                requests.close()
                _serve(json.loads(message), found, incoming)
            for each in found:
                os.close(each)


def _serve(facts: dict[str, Any], descriptors: list[int], incoming: str) -> None:
    """Be the child of one client; never returns."""
    status = DEFECT
    desk = ServiceDesk(socket.socket(fileno=descriptors[3]))
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        status = Conversation(
            folder=Path(os.fsdecode(bytes.fromhex(facts["folder"]))),
            publishing=facts["publishing"],
            address=facts["address"],
            incoming_folder=incoming,
            incoming=Incoming(descriptors[0]),
            sink=descriptors[1],
            words=descriptors[2],
            desk=desk,
        ).hold()
    except Exception:  # noqa: BLE001 the outermost net of this process: the service tells the client
        traceback.print_exc()
        sys.stderr.flush()
    finally:
        desk.ended(status)
        os._exit(status)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
