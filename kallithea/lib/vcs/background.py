"""Runs programs that nobody waits for: at the lowest priority, and ended when they shall end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from kallithea.lib.vcs.backend import StopSignal
from kallithea.lib.vcs.errors import MaintenanceFailed, MaintenanceStopped
from kallithea.lib.vcs.priority import LOWEST, step_back

LOOK = 0.1
"""Seconds between two looks whether to stop."""
GRACE = 10.0
"""Seconds that a program gets to remove its temporary files."""
MOST_SAID = 1 << 20
CHUNK = 1 << 16


def run_aside(
    command: Sequence[str],
    *,
    environment: Mapping[str, str],
    stop: StopSignal | None,
    inherited: Sequence[int] = (),
    stdin: bytes = b"",
) -> bytes:
    """What a program prints. Raises MaintenanceFailed with its last words, MaintenanceStopped after a stop.

    Its own children end with it. They all inherit the descriptors in `inherited`, so that locks outlive this process for as
    long as somebody works under them.
    """
    if stop is not None and stop.wait(0):
        raise MaintenanceStopped("Maintenance was stopped.")
    with tempfile.TemporaryFile() as told, tempfile.TemporaryFile() as said, tempfile.TemporaryFile() as complaints:
        told.write(stdin)
        told.seek(0)
        child = subprocess.Popen(
            command,
            stdin=told,
            stdout=said,
            stderr=complaints,
            env=dict(environment),
            cwd="/",
            pass_fds=tuple(inherited),
            start_new_session=True,  # its children can be ended with it, and Ctrl-C in a terminal goes through `stop`
        )
        step_back(child.pid, LOWEST)
        try:
            stopped = _wait(child, stop)
        except BaseException:
            _end(child)
            raise
        if stopped:
            raise MaintenanceStopped("Maintenance was stopped.")
        if child.returncode != 0:
            length = complaints.seek(0, os.SEEK_END)
            complaints.seek(max(0, length - 1000))
            words = complaints.read().decode("utf-8", "replace").strip()
            raise MaintenanceFailed(f"A program ended with {child.returncode}: {words}")
        said.seek(0)
        return said.read(MOST_SAID)


def run_command(program: str, *arguments: str, stop: StopSignal | None, path: Path) -> bytes:
    """What a Python program of ours prints; `path` is where this project is. Raises as `run_aside`."""
    # Inside mod_wsgi or uWSGI `sys.executable` is the web server.
    is_python = Path(sys.executable).name.startswith("python")
    python = sys.executable if is_python else str(Path(sys.prefix) / "bin" / "python3")
    known = os.pathsep.join(dict.fromkeys(filter(None, (str(path), *sys.path))))
    return run_aside([python, "-c", program, *arguments], environment={**os.environ, "PYTHONPATH": known}, stop=stop)


def lines_aside(
    command: Sequence[str],
    *,
    environment: Mapping[str, str],
    stop: StopSignal | None,
    stdin: bytes = b"",
    separator: bytes = b"\n",
) -> Iterator[bytes]:
    """Iterate over the lines that a program prints, without their ends, while it runs. Leaving early ends it.

    Raises as `run_aside`.
    """
    with tempfile.TemporaryFile() as told, tempfile.TemporaryFile() as complaints:
        told.write(stdin)
        told.seek(0)
        child = subprocess.Popen(
            command,
            stdin=told,
            stdout=subprocess.PIPE,
            stderr=complaints,
            env=dict(environment),
            cwd="/",
            start_new_session=True,
        )
        step_back(child.pid, LOWEST)
        assert child.stdout is not None
        try:
            rest = b""
            while chunk := os.read(child.stdout.fileno(), CHUNK):
                if stop is not None and stop.wait(0):
                    raise MaintenanceStopped("Maintenance was stopped.")
                *lines, rest = (rest + chunk).split(separator)
                yield from lines
                if len(rest) > MOST_SAID:
                    raise MaintenanceFailed("A program printed a line without an end.")
            child.wait()
        finally:
            child.stdout.close()
            if child.poll() is None:
                _end(child)
        if child.returncode != 0:
            complaints.seek(0)
            words = complaints.read(1000).decode("utf-8", "replace").strip()
            raise MaintenanceFailed(f"A program ended with {child.returncode}: {words}")
        if rest:
            yield rest


def _wait(child: subprocess.Popen[bytes], stop: StopSignal | None) -> bool:
    """Wait for the end; True if it was ended because of the signal."""
    if stop is None:
        child.wait()
        return False
    while child.poll() is None:
        if stop.wait(LOOK):
            _end(child)
            return True
    return False


def _end(child: subprocess.Popen[bytes]) -> None:
    """End a program and its children, gently first."""
    until = time.monotonic() + GRACE
    with suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        child.wait(max(0.0, until - time.monotonic()))
    with suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()
