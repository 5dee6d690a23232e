"""Lines for sshd's authorized_keys (sshd(8)), and the file of that name where Kallithea keeps it."""

from __future__ import annotations

import fcntl
import os
import shlex
import tempfile
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from kallithea.lib.errors import ConfigError, Unavailable

BEGIN = "# Kallithea keeps the lines from here: what is changed here is lost.\n"
END = "# Kallithea keeps the lines up to here.\n"


@dataclass(frozen=True, slots=True)
class ForcedCommand:
    """What sshd runs whatever the client asks for: an interpreter, the client program, and the socket of the service."""

    python: Path
    program: Path
    socket: Path

    def words(self, verb: str) -> list[str]:
        """The command, up to what depends on the key."""
        # -I -S: no environment, no user's folder, no site-packages: nothing that could be slow or somebody else's.
        return [str(self.python), "-I", "-S", str(self.program), verb, str(self.socket)]

    def line(self, fingerprint: str, key: str) -> str:
        """The line for a key: it may do nothing but run this, without a terminal, forwarding or an agent."""
        command = "exec " + shlex.join([*self.words("serve"), fingerprint])
        escaped = command.replace("\\", "\\\\").replace('"', '\\"')
        return f'restrict,command="{escaped}" {key}'


@dataclass(frozen=True, slots=True)
class KeyFile:
    """An authorized_keys file in which a block of lines is ours; lines around it, of people who log in otherwise, stay."""

    path: Path
    command: ForcedCommand

    def write(self, keys: Callable[[], Iterable[tuple[str, str]]]) -> int:
        """Put all keys (fingerprint and key) into the file; how many there are.

        They are asked for under the lock of the file, so that of two writers the last one knows what both did. Whoever reads
        sees the old file or the new one. Raises Unavailable.
        """
        try:
            self.path.parent.mkdir(mode=0o700, exist_ok=True)
            with open(self.path.with_name(f".{self.path.name}.lock"), "a", opener=_private) as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                lines = [self.command.line(fingerprint, key) for fingerprint, key in keys()]
                self._replace(lines)
        except OSError as error:
            raise Unavailable(f"{self.path} cannot be written: {error.strerror}.") from error
        return len(lines)

    def _replace(self, lines: list[str]) -> None:
        before, after = self._around()
        descriptor, draft = tempfile.mkstemp(prefix=f".{self.path.name}.", dir=self.path.parent)  # with mode 0600
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8", errors="surrogateescape") as file:
                file.write(before + BEGIN + "".join(f"{line}\n" for line in lines) + END + after)
                file.flush()
                os.fsync(file.fileno())
            Path(draft).replace(self.path)
        except BaseException:
            with suppress(OSError):
                Path(draft).unlink()
            raise

    def _around(self) -> tuple[str, str]:
        """What is in the file before and after our lines. Raises ConfigError where their end is missing."""
        try:
            text = self.path.read_text(encoding="utf-8", errors="surrogateescape")
        except FileNotFoundError:
            return "", ""
        before, found, rest = text.partition(BEGIN)
        if not found:
            return (text if not text or text.endswith("\n") else f"{text}\n"), ""
        _, found, after = rest.partition(END)
        if not found:
            raise ConfigError(f"{self.path} has been damaged: the end of Kallithea's lines is missing.", hint=f"Write: {END}")
        return before, after


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
