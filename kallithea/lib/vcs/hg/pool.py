"""The helper processes: started when first needed, reused, replaced when they die, ended with the store."""

from __future__ import annotations

import contextlib
import fcntl
import os
import subprocess
import sys
import threading
import time
import weakref
from pathlib import Path
from typing import BinaryIO

import kallithea
from kallithea.lib.vcs.errors import RepositoryBusy
from kallithea.lib.vcs.priority import step_back

PATIENCE = 30.0
"""Seconds to wait for a helper that is not busy."""

ENDING = 5.0
"""Seconds that an idle helper gets to end by itself."""

PIPE_SIZE = 1 << 20
_F_SETPIPE_SZ = 1031  # fcntl(2), Linux; the fcntl module has had its name only since Python 3.10


class Helper:
    """One running helper process and the pipes to it."""

    def __init__(self, incoming: Path) -> None:
        self._process = subprocess.Popen(
            [python(), "-m", "kallithea.lib.vcs.hg.helper", str(incoming)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": import_path()},
            start_new_session=True,  # Ctrl-C in the server's terminal must not reach a helper in the middle of a push
        )
        step_back(self._process.pid)
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self.sink: BinaryIO = self._process.stdin  # type: ignore[assignment]  # typeshed says IO[bytes]; it is a BufferedWriter
        self.source: BinaryIO = self._process.stdout  # type: ignore[assignment]  # likewise a BufferedReader
        for pipe in (self.sink, self.source):
            with contextlib.suppress(OSError):  # not Linux, or the user's limit is reached: slower, not wrong
                fcntl.fcntl(pipe.fileno(), _F_SETPIPE_SZ, PIPE_SIZE)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        return self._process.poll() is None

    @property
    def worked(self) -> float:
        """Seconds that it had a processor for itself (proc(5), `stat`); elsewhere than on Linux those of the clock."""
        try:
            fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return time.monotonic()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def end(self) -> None:
        """Close the pipes and wait until the process is gone; one that is in a push, or slow, ends while nobody waits."""
        self._close_pipes()
        try:
            self._process.wait(ENDING)
        except subprocess.TimeoutExpired:
            # Somebody has to take note of its end, or it stays as a zombie.
            threading.Thread(target=self._process.wait, daemon=True).start()

    def kill(self) -> None:
        """End the process at once, for one that only reads."""
        self._process.kill()
        self._close_pipes()
        self._process.wait()

    def forget(self) -> None:
        """Close a forked process's copies of the pipes, or the helper would never see its server's end."""
        for pipe in (self.sink, self.source):
            with contextlib.suppress(OSError):
                os.close(pipe.fileno())

    def _close_pipes(self) -> None:
        for pipe in (self.sink, self.source):
            with contextlib.suppress(OSError):
                pipe.close()


class HelperPool:
    """At most `size` helpers; who finds all of them busy waits.

    Safe to share between threads. A forked process begins with an empty pool of its own.
    """

    def __init__(self, size: int, incoming: Path, *, patience: float = PATIENCE) -> None:
        self._size = max(1, size)
        self._incoming = incoming
        self._patience = patience
        self._begin()
        _pools.add(self)

    def take(self) -> Helper:
        """A helper for one task; give it back or discard it. Raises RepositoryBusy when none becomes free in time."""
        until = time.monotonic() + self._patience
        with self._changed:
            while not self._idle and self._running >= self._size:
                if not self._changed.wait(until - time.monotonic()):
                    raise RepositoryBusy("The server is busy with other transfers.", hint="Try again in a moment.")
            while self._idle:
                helper = self._idle.pop()
                if helper.is_alive:
                    return helper
                helper.kill()
                self._running -= 1
            self._running += 1
        try:
            return self._start()
        except BaseException:
            self._free_place()
            raise

    def give_back(self, helper: Helper) -> None:
        """Return a helper whose task is done."""
        with self._changed:
            if not self._closed:
                self._idle.append(helper)
                self._changed.notify()
                return
            self._running -= 1
        helper.end()

    def discard(self, helper: Helper) -> None:
        """Kill a helper that failed, or whose client went away."""
        helper.kill()
        self._free_place()

    def leave(self, helper: Helper) -> None:
        """Let go of a helper that may be in a push: it finishes or rolls back, and ends."""
        threading.Thread(target=helper.end, daemon=True).start()
        self._free_place()

    def close(self) -> None:
        """End the idle helpers; a busy one ends with its task."""
        with self._changed:
            self._closed = True
            idle = self._idle.copy()
            self._idle.clear()
            self._running -= len(idle)
        for helper in idle:
            helper.end()

    def abandon(self) -> None:
        """Begin anew in a forked process."""
        for helper in self._known:
            helper.forget()
        self._begin()

    def _begin(self) -> None:
        self._changed = threading.Condition()
        self._idle: list[Helper] = []
        self._known: weakref.WeakSet[Helper] = weakref.WeakSet()
        self._running = 0
        self._closed = False

    def _start(self) -> Helper:
        self._incoming.mkdir(parents=True, exist_ok=True)
        helper = Helper(self._incoming)
        self._known.add(helper)
        return helper

    def _free_place(self) -> None:
        with self._changed:
            self._running -= 1
            self._changed.notify()


_pools: weakref.WeakSet[HelperPool] = weakref.WeakSet()


def _after_fork() -> None:
    for pool in _pools:
        pool.abandon()


os.register_at_fork(after_in_child=_after_fork)


def python() -> str:
    """The interpreter; inside mod_wsgi or uWSGI `sys.executable` is the web server."""
    if Path(sys.executable).name.startswith("python"):
        return sys.executable
    return str(Path(sys.prefix) / "bin" / "python3")


def import_path() -> str:
    """Where the helper finds the program, also if it runs from a checkout that is not installed.

    All that this process knows, for uWSGI and mod_wsgi set their path in ways of their own, which an interpreter does not see.
    """
    home = str(Path(kallithea.__file__).resolve().parent.parent)
    return os.pathsep.join(dict.fromkeys(filter(None, (home, *sys.path))))
