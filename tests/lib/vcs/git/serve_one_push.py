"""A server process to be killed: `python serve_one_push.py REPOSITORY BODY CACHE` serves one push and says how far it got."""

from __future__ import annotations

import sys
from pathlib import Path

from kallithea.lib.vcs.git.store import GitStore
from kallithea.lib.vcs.requests import GitRequest


def main(repository: str, body: str, cache: str) -> None:
    backend = GitStore(Path(cache)).open(Path(repository))
    backend.reader.refs()
    print("ready", flush=True)
    with Path(body).open("rb") as stream:
        reply = backend.server.serve(
            GitRequest("git-receive-pack", advertise=False),
            stream,
            writable=True,
            on_push=lambda updates: print("pushed", flush=True),
        )
        for _ in reply.chunks:
            pass
    print("done", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
