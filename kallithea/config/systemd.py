"""What systemd and a server say to each other: sockets that it opened for us, that we are ready, that we still answer.

The protocols are those of sd_listen_fds(3) and sd_notify(3), a few lines each.
"""

from __future__ import annotations

import http.client
import logging
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from kallithea.lib.errors import ConfigError

log = logging.getLogger(__name__)

_USES = {
    socket.SOCK_STREAM: ("HTTP", "ListenStream"),
    socket.SOCK_SEQPACKET: ("messages", "ListenSequentialPacket"),
}

Address = tuple[Any, ...] | str
"""Of a socket: host, port and more, or a path."""

FIRST_INHERITED = 3
"""The number of the first socket."""
LIVE = "/_health/live"
USUAL_PATIENCE = 30.0


def inherited_message_socket() -> socket.socket | None:
    """The same for a service that listens for messages at a path: its one socket."""
    found = inherited_sockets(socket.SOCK_SEQPACKET)
    return found[0] if found else None


def inherited_sockets(kind: socket.SocketKind = socket.SOCK_STREAM) -> list[socket.socket]:
    """The listening sockets that systemd opened for this process; none where it was started in another way.

    They can be had once, and no child process takes them for its own.
    """
    meant_for, count = os.environ.pop("LISTEN_PID", ""), os.environ.pop("LISTEN_FDS", "")
    os.environ.pop("LISTEN_FDNAMES", None)
    if meant_for != str(os.getpid()) or not count.isdecimal():
        return []
    found = [socket.socket(fileno=number) for number in range(FIRST_INHERITED, FIRST_INHERITED + int(count))]
    for each in found:
        each.set_inheritable(False)
        if each.type is not kind:
            use, directive = _USES[kind]
            raise ConfigError(f"systemd handed over a socket that is none for {use}.", hint=f"Use {directive}= in the unit.")
    return found


def notify(state: str) -> None:
    """Tell systemd the state of the service, such as READY=1; nothing happens where nobody wants to know."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return
    # An @ stands for the zero byte of an abstract socket (unix(7)).
    place = "\0" + address[1:] if address.startswith("@") else address
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as said:
            said.connect(place)
            said.sendall(state.encode())
    except OSError as error:
        log.warning("systemd could not be told %s: %s", state, error)


@contextmanager
def told(listening: socket.socket) -> Iterator[None]:
    """Tell systemd that the server listens, as long as it lasts that it answers there, and that it stops."""
    ended = threading.Event()
    notify("READY=1")
    if interval := _watchdog_seconds():
        threading.Thread(target=_watch, args=(listening, interval, ended), name="watchdog", daemon=True).start()
    try:
        yield
    finally:
        ended.set()
        notify("STOPPING=1")


def answers(family: int, address: Address, *, patience: float) -> bool:
    """Whether the site at an address answers, which takes a free thread and an application that works."""
    connection = http.client.HTTPConnection("localhost")
    try:
        with socket.socket(family) as asking:
            asking.settimeout(patience)
            asking.connect(address)
            connection.sock = asking
            connection.request("GET", LIVE, headers={"User-Agent": "kallithea-watchdog"})
            return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException) as error:
        log.warning("The server does not answer at %s: %s", address, error or type(error).__name__)
        return False


def _watchdog_seconds() -> float:
    """How often systemd wants to hear that the service lives; 0 for never."""
    meant_for, interval = os.environ.get("WATCHDOG_PID", ""), os.environ.get("WATCHDOG_USEC", "")
    is_meant = interval.isdecimal() and meant_for in {"", str(os.getpid())}
    return int(interval) / 1e6 if is_meant else 0.0


def _watch(listening: socket.socket, interval: float, ended: threading.Event) -> None:
    """Say three times in the interval that the server answers, as long as it does."""
    family, address = listening.family, _reachable(listening)
    while not ended.is_set():
        if answers(family, address, patience=min(interval / 3, USUAL_PATIENCE)):
            notify("WATCHDOG=1")
        ended.wait(interval / 3)


def _reachable(listening: socket.socket) -> Address:
    """Where a listening socket is reached from its own machine."""
    address: Address = listening.getsockname()
    if isinstance(address, str):
        return address
    loopback = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - only compared with
    return (loopback.get(address[0], address[0]), *address[1:])
