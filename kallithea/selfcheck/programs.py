"""The real `git` and `hg`, as somebody with an empty home has them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from kallithea.selfcheck.outcomes import Failed, NotChecked

PATIENCE = 60
"""Seconds for one command."""
_KEPT = ("PATH", "TMPDIR", "LD_LIBRARY_PATH", "VIRTUAL_ENV", "SSL_CERT_FILE", "SSL_CERT_DIR", "SYSTEMROOT")


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended, and all that it printed."""

    status: int
    text: str

    @property
    def worked(self) -> bool:
        return self.status == 0

    @property
    def last_words(self) -> str:
        """The end of what was printed, in one line."""
        return " / ".join(line.strip() for line in self.text.strip().splitlines()[-3:]) or f"it ended with {self.status}"


@dataclass
class Programs:
    """Runs the clients in one folder. Secrets reach them by their environment or a file, never by a list of processes."""

    folder: Path
    git: str | None
    hg: str | None
    _running: set[subprocess.Popen[bytes]] = field(default_factory=set)
    _is_stopped: bool = False

    @classmethod
    def found(cls, folder: Path, *, git_path: str) -> Programs:
        """The git of the instance, and the hg of its environment or of the machine."""
        beside = Path(sys.executable).with_name("hg")
        hg = str(beside) if os.access(beside, os.X_OK) else shutil.which("hg")
        return cls(folder, shutil.which(git_path), hg)

    def client(self, kind: str) -> str:
        """The program for this kind. Raises NotChecked where there is none."""
        program = self.git if kind == "git" else self.hg
        if program is None:
            raise NotChecked(f"there is no {kind} program on this machine")
        return program

    def run(self, kind: str, *arguments: str, cwd: Path, more: Mapping[str, str] | None = None) -> Ended:
        """Run the client to its end."""
        return self.run_program(self.client(kind), *arguments, cwd=cwd, more=more)

    def run_program(self, program: str, *arguments: str, cwd: Path, more: Mapping[str, str] | None = None) -> Ended:
        """The same for any program."""
        if self._is_stopped:
            raise NotChecked("the run was broken off")
        with subprocess.Popen(
            [program, *arguments],
            cwd=cwd,
            env={**self._environment(), **(more or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        ) as process:
            self._running.add(process)
            try:
                said, _ = process.communicate(timeout=PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                return Ended(-1, f"{Path(program).name} {arguments[0]} did not end within {PATIENCE} seconds")
            finally:
                self._running.discard(process)
        return Ended(process.returncode, said.decode("utf-8", "replace"))

    def stop(self) -> None:
        """End what runs, and start nothing more."""
        self._is_stopped = True
        for process in list(self._running):
            process.kill()

    def must(self, kind: str, *arguments: str, cwd: Path, more: Mapping[str, str] | None = None) -> str:
        """The same for what has to work; what was printed. Raises Failed."""
        ended = self.run(kind, *arguments, cwd=cwd, more=more)
        if not ended.worked:
            raise Failed(f"{kind} {arguments[0]}: {ended.last_words}", hint="The log of the server says what it answered.")
        return ended.text

    def with_token(self, kind: str, site: str, token: str) -> dict[str, str]:
        """The variables with which a client shows a token to a site."""
        if kind == "git":
            header = f"Authorization: Bearer {token}"
            return {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "http.extraHeader", "GIT_CONFIG_VALUE_0": header}
        path = self.folder / f"{token[-7:]}.hgrc"
        path.touch(mode=0o600)
        path.write_text(f"[auth]\nsite.prefix = {site}\nsite.username = token\nsite.password = {token}\n", encoding="utf-8")
        return {"HGRCPATH": str(path)}

    def _environment(self) -> dict[str, str]:
        return {
            **{name: os.environ[name] for name in _KEPT if name in os.environ},
            "HOME": str(self.folder),
            "LC_ALL": "C.UTF-8",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_TERMINAL_PROMPT": "0",
            **{f"GIT_{who}_{what}": text for who in ("AUTHOR", "COMMITTER") for what, text in _SIGNATURE.items()},
            "HGRCPATH": "",
            "HGPLAIN": "1",
            "HGENCODING": "utf-8",
            "HGUSER": "Self Check <self-check@self-check.invalid>",
        }


_SIGNATURE = {"NAME": "Self Check", "EMAIL": "self-check@self-check.invalid"}
