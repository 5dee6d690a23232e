"""Mercurial's command server: the real `hg`, started once for many commands (`hg help cmdserver` has the protocol)."""

from __future__ import annotations

import atexit
import os
import struct
import subprocess
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path


class HgServer:
    """One `hg` of one environment, which runs a command at a time. Safe to share between threads."""

    def __init__(self, program: str, environment: Mapping[str, str]) -> None:
        self._lock = threading.Lock()
        self._process = subprocess.Popen(
            [program, "serve", "--cmdserver", "pipe"],
            cwd="/",
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self._answer()  # its greeting
        atexit.register(self.close)

    def run(self, arguments: Sequence[str], cwd: Path) -> tuple[int, bytes, bytes]:
        """The exit code of a command, and what it printed to its two outputs."""
        with self._lock:
            words = [os.fsencode(word) for word in ("--cwd", str(cwd), *arguments)]
            text = b"\0".join(words)
            self._write(b"runcommand\n" + struct.pack(">I", len(text)) + text)
            printed: dict[bytes, list[bytes]] = {b"o": [], b"e": []}
            while True:
                channel, content = self._answer()
                if channel == b"r":
                    return struct.unpack(">i", content)[0], b"".join(printed[b"o"]), b"".join(printed[b"e"])
                if channel in b"IL":
                    self._write(struct.pack(">I", 0))  # nobody is there to answer
                else:
                    printed[channel].append(content)

    def close(self) -> None:
        """End it."""
        with self._lock:
            self._process.communicate()

    def _write(self, content: bytes) -> None:
        assert self._process.stdin
        self._process.stdin.write(content)
        self._process.stdin.flush()

    def _answer(self) -> tuple[bytes, bytes]:
        """What came on which channel; of a question, nothing."""
        assert self._process.stdout
        head = self._process.stdout.read(5)
        assert len(head) == 5, "hg ended"
        channel, size = struct.unpack(">cI", head)
        return channel, b"" if channel in b"IL" else self._process.stdout.read(size)
