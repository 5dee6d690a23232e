"""A server of this process at a free port of this machine, and the SSH service at a socket of its own.

So that the instance can be tried before the real server runs: after an installation, an upgrade, a restored backup. It does no
background jobs, and nobody else on the network reaches it.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from kallithea.config.app import App
from kallithea.config.ssh import forced_command
from kallithea.wire.ssh.door import SshDoor
from kallithea.wire.ssh.listener import Listener, open_socket

THREADS = 8


@contextmanager
def served(application: Any) -> Iterator[str]:
    """The address of the application, as long as it is served."""
    import waitress
    from waitress import wasyncore

    with socket.create_server(("127.0.0.1", 0), backlog=32) as listening:
        dispatchers: dict[int, Any] = {}
        server = waitress.create_server(
            application, map=dispatchers, sockets=[listening], threads=THREADS, clear_untrusted_proxy_headers=False
        )
        ended = threading.Event()

        def run() -> None:
            while not ended.is_set():
                wasyncore.loop(timeout=0.1, use_poll=True, map=dispatchers, count=1)

        thread = threading.Thread(target=run, name="self-check-server", daemon=True)
        thread.start()
        try:
            host, port = listening.getsockname()
            yield f"http://{host}:{port}"
        finally:
            ended.set()
            server.trigger.pull_trigger()
            thread.join(5)
            server.task_dispatcher.shutdown(timeout=1)
            wasyncore.close_all(dispatchers, ignore_all=True)


@contextmanager
def ssh_served(app: App, folder: Path) -> Iterator[Path]:
    """The socket of an SSH service, as long as it runs."""
    place = folder / "s"
    with open_socket(place) as listening:
        listener = Listener(SshDoor(app), listening, forced_command(app.settings).line)
        thread = threading.Thread(target=listener.run, name="self-check-ssh", daemon=True)
        thread.start()
        try:
            yield place
        finally:
            listener.stop()
            thread.join(5)
            listener.join(5)
            listener.close()
