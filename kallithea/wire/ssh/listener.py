"""The socket at which the SSH door is reached: by the program that sshd runs (`client.py`), of the same user, and no other."""

from __future__ import annotations

import logging
import os
import select
import socket
import stat
import struct
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from kallithea.lib.errors import ConfigError
from kallithea.lib.ssh_keys import FINGERPRINT
from kallithea.lib.vcs import Line
from kallithea.wire.ssh.door import Asked, SshDoor

log = logging.getLogger(__name__)

BACKLOG = 512
MESSAGE = 1 << 17
PATIENCE = 10.0
"""Seconds within which a connection has to say what it wants."""
LONGEST_PLACE = 107
"""Bytes of the path of a socket (unix(7))."""
_CREDENTIALS = struct.Struct("3i")  # struct ucred: pid, uid, gid

LineOf = Callable[[str, str], str]
"""From a fingerprint and a key to its line in authorized_keys."""


def open_socket(place: Path) -> socket.socket:
    """Listen at a path of our own, for nobody else. Raises ConfigError where somebody does already, or where it cannot be."""
    if len(os.fsencode(place)) > LONGEST_PLACE:
        raise ConfigError(
            f"The path of the socket is too long: {place}", hint="Set ssh_socket to a shorter one, such as below /run."
        )
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    try:
        _clear(place)
        before = os.umask(0o177)  # from its first moment
        try:
            listening.bind(str(place))
        finally:
            os.umask(before)
        listening.listen(BACKLOG)
    except OSError as error:
        listening.close()
        raise ConfigError(f"There cannot be a socket at {place}: {error.strerror}.") from error
    except ConfigError:
        listening.close()
        raise
    return listening


def _clear(place: Path) -> None:
    """Remove the socket of a service that has ended. Raises ConfigError for one that runs, and for what is no socket."""
    try:
        found = place.lstat()
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(found.st_mode):
        raise ConfigError(f"There is something else at {place}.", hint="Move it away, or set ssh_socket.")
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as asking:
        try:
            asking.connect(str(place))
        except ConnectionRefusedError:
            place.unlink()
        else:
            raise ConfigError("The SSH service runs already.", hint=f"It listens at {place}.")


class Listener:
    """Takes connections and serves each in a thread of its own, until it is stopped."""

    def __init__(self, door: SshDoor, listening: socket.socket, line_of: LineOf) -> None:
        self._door = door
        self._listening = listening
        self._line_of = line_of
        self._stop, self._stopping = socket.socketpair()
        self._running: set[threading.Thread] = set()
        self._lock = threading.Lock()

    def run(self) -> None:
        """Take connections until `stop` is called."""
        waiting = select.poll()
        waiting.register(self._listening, select.POLLIN)
        waiting.register(self._stop, select.POLLIN)
        self._listening.setblocking(False)
        while True:
            ready = {number for number, _ in waiting.poll()}
            if self._stop.fileno() in ready:
                return
            try:
                connection, _ = self._listening.accept()
            except (BlockingIOError, ConnectionAbortedError):
                continue
            except OSError as error:  # too many open files: those that are open will be fewer
                log.warning("a connection could not be taken: %s", error)
                time.sleep(0.1)
                continue
            thread = threading.Thread(target=self._attend, args=(connection,), name="ssh", daemon=True)
            with self._lock:
                self._running.add(thread)
            thread.start()

    def stop(self) -> None:
        """Take no more connections; may be called by a signal handler."""
        with suppress(OSError):
            self._stopping.send(b"!")

    def close(self) -> None:
        """Give up what `stop` needs, when `run` has ended."""
        self._stop.close()
        self._stopping.close()

    def join(self, seconds: float) -> bool:
        """Wait for the clients that are served; whether all have ended."""
        until = time.monotonic() + seconds
        with self._lock:
            running = list(self._running)
        for thread in running:
            thread.join(max(0.0, until - time.monotonic()))
        return not any(thread.is_alive() for thread in running)

    def _attend(self, connection: socket.socket) -> None:
        try:
            with connection:
                connection.settimeout(PATIENCE)
                if _user_of(connection) != os.geteuid():
                    log.warning("somebody else's process came to the socket")
                    return
                message, descriptors, _, _ = socket.recv_fds(connection, MESSAGE, 3, socket.MSG_CMSG_CLOEXEC)
                try:
                    connection.sendall(self._answer(message, descriptors))
                finally:
                    for each in descriptors:
                        os.close(each)
        except OSError as error:  # it left before it had its answer
            log.info("a connection ended early: %s", error)
        except Exception:
            log.exception("a connection failed")
        finally:
            with self._lock:
                self._running.discard(threading.current_thread())

    def _answer(self, message: bytes, descriptors: list[int]) -> bytes:
        verb, *values = message.split(b"\0")
        if verb == b"keys" and len(values) == 1:
            return self._keys(values[0].decode("ascii", "replace"))
        if verb == b"serve" and len(values) == 4 and len(descriptors) == 3:
            fingerprint, command, origin, protocol = (value.decode("utf-8", "surrogateescape") for value in values)
            status = self._door.serve(Asked(fingerprint, command, origin, protocol), Line(*descriptors))
            return str(status).encode()
        log.warning("a connection said what is not understood")
        return b""

    def _keys(self, fingerprint: str) -> bytes:
        if not FINGERPRINT.fullmatch(fingerprint):
            return b"\n"
        key = self._door.knows(fingerprint)
        return b"\n" if key is None else f"{self._line_of(fingerprint, key)}\n".encode()


def _user_of(connection: socket.socket) -> int:
    _, user, _ = _CREDENTIALS.unpack(connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size))
    return int(user)
