"""Runs the real git: in an environment of our own making, with every setting that matters said on each call."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from fcntl import F_SETPIPE_SZ, fcntl
from pathlib import Path
from typing import IO

from kallithea.lib.errors import Unavailable
from kallithea.lib.vcs.backend import StopSignal
from kallithea.lib.vcs.background import lines_aside, run_aside
from kallithea.lib.vcs.priority import step_back

PIPE_SIZE = 1 << 20
"""Bytes a pipe to git may hold; the usual 64 KiB cost a task switch each."""
LONGEST = 20.0
"""Seconds that somebody waits for a short command: a page that takes longer has been given up by whoever asked."""
PATIENCE = 5.0
"""Seconds that a git which was asked to end may take."""

SETTINGS = {
    # No program named inside a repository runs, and other owners' repositories may be served (read from protected places only:
    # git-config(1), safe.directory; the environment is one of them).
    "core.hooksPath": os.devnull,
    "core.fsmonitor": "false",
    "safe.directory": "*",
    # A push is acknowledged when objects, indexes and refs are on the disk; batch flushes loose objects together (git 2.36).
    "core.fsync": "objects,derived-metadata,reference",
    "core.fsyncMethod": "batch",
    # Old histories have dates and modes that today's checks refuse; paths and submodules stay checked.
    "transfer.fsckObjects": "true",
    "receive.fsck.badTimezone": "ignore",
    "receive.fsck.missingSpaceBeforeDate": "ignore",
    "receive.fsck.zeroPaddedFilemode": "ignore",
    "fetch.fsck.badTimezone": "ignore",
    "fetch.fsck.missingSpaceBeforeDate": "ignore",
    "fetch.fsck.zeroPaddedFilemode": "ignore",
    # Partial clones fetch missing blobs by id. Protocol v2 lets any object be wanted anyway (gitprotocol-v2(5), `want`), so
    # reachability is no border; asking for reachable ids is enough for old clients and spares v0 the rest.
    "uploadpack.allowFilter": "true",
    "uploadpack.allowReachableSHA1InWant": "true",
    "receive.advertisePushOptions": "false",
    "receive.denyDeleteCurrent": "refuse",
    "receive.denyCurrentBranch": "ignore",  # a bare repository has no working copy that could go stale
    "receive.updateServerInfo": "false",
    # Maintenance comes at its own time, under the writer lock, and never while a client waits.
    "receive.autogc": "false",
    "gc.auto": "0",
    "maintenance.auto": "false",
    "core.quotePath": "true",
}


class TookTooLong(Unavailable):
    """A git command was killed because it took too long."""

    def __init__(self) -> None:
        super().__init__("To look this up takes too long in this repository.", hint="Try it in a clone of your own.")


class GitFailed(Unavailable):
    """A git command ended with an error; `said` is what it wrote about it."""

    def __init__(self, command: str, status: int, said: str) -> None:
        super().__init__("git could not do this.")
        self.command = command
        self.status = status
        self.said = said

    def __str__(self) -> str:
        return f"git {self.command} ended with {self.status}: {self.said.strip()}"


class GitMissing(Unavailable):
    """There is no git program that could be started."""

    def __init__(self) -> None:
        super().__init__(
            "Git repositories cannot be served: there is no git program.",
            hint="The administrator has to install git 2.36 or newer, or to set git_path.",
        )


class Git:
    """The git program of this machine. Every command raises GitMissing where there is none."""

    def __init__(self, program: str = "git") -> None:
        self._program = program
        self._environment = _environment()
        self._version: tuple[int, ...] | None = None

    def with_objects_of(self, folder: Path) -> Git:
        """The same program, which finds the objects of the repository in `folder` too wherever it reads another one."""
        other = Git(self._program)
        quoted = os.fspath(folder / "objects").replace("\\", "\\\\").replace('"', '\\"')
        other._environment = {**self._environment, "GIT_ALTERNATE_OBJECT_DIRECTORIES": f'"{quoted}"'}
        return other

    def run(
        self,
        folder: Path,
        *arguments: str,
        stdin: bytes = b"",
        also_fine: Sequence[int] = (),
        seconds: float = LONGEST,
    ) -> bytes:
        """What a short command prints. Raises GitFailed for a status other than 0 and those that are also fine.

        It is killed after so many seconds; then TookTooLong is raised.
        """
        with self.start(folder, *arguments, takes_input=bool(stdin)) as child:
            return _said(child, arguments[0], stdin=stdin, also_fine=also_fine, seconds=seconds)

    @contextmanager
    def meanwhile(self, folder: Path, *arguments: str) -> Iterator[Callable[[], bytes]]:
        """Start a command that prints a line or two, and works while the caller does something else.

        What is given waits for what it prints, and raises as `run` does. Where nobody asked, leaving ends the command.
        """
        with self.start(folder, *arguments) as child:
            try:
                yield lambda: _said(child, arguments[0])
            finally:
                if child.poll() is None:
                    child.kill()

    def start(self, folder: Path, *arguments: str, takes_input: bool = False) -> subprocess.Popen[bytes]:
        """Start a command on the repository in `folder`; its complaints go into a pipe, so only for short ones."""
        with _told_where_missing():
            return subprocess.Popen(
                [self._program, "--literal-pathspecs", *arguments],
                stdin=subprocess.PIPE if takes_input else subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env={**self._environment, "GIT_DIR": os.fspath(folder)},
                cwd="/",
            )

    @contextmanager
    def reading(self, folder: Path, *arguments: str, stdin: bytes = b"") -> Iterator[IO[bytes]]:
        """The output of a command as a stream; leaving early ends the command. What it shall read lies in a file for it.

        Read to its end, a failed command raises GitFailed; left early, how it ended says nothing.
        """
        with tempfile.TemporaryFile() as complaints, tempfile.TemporaryFile() as given:
            if stdin:
                given.write(stdin)
                given.seek(0)
            with _told_where_missing():
                child = subprocess.Popen(
                    [self._program, "--literal-pathspecs", *arguments],
                    stdin=given if stdin else subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=complaints,
                    env={**self._environment, "GIT_DIR": os.fspath(folder)},
                    cwd="/",
                )
            assert child.stdout is not None
            try:
                yield child.stdout
                was_read = not child.stdout.read(1)
            except BaseException:
                end(child)
                raise
            finally:
                child.stdout.close()
            if not was_read:
                end(child)
            elif child.wait() != 0:
                raise GitFailed(arguments[0], child.returncode, last_words(complaints))

    def run_aside(
        self,
        folder: Path,
        *arguments: str,
        settings: Sequence[str] = (),
        stop: StopSignal | None = None,
        inherited: Sequence[int] = (),
        stdin: bytes = b"",
    ) -> bytes:
        """What a command prints that may take long and that nobody waits for. Raises MaintenanceFailed, MaintenanceStopped."""
        said = [part for setting in settings for part in ("-c", setting)]
        environment = {**self._environment, "GIT_DIR": os.fspath(folder)}
        command = [self._program, *said, *arguments]
        with _told_where_missing():
            return run_aside(command, environment=environment, stop=stop, inherited=inherited, stdin=stdin)

    def lines_aside(
        self, folder: Path, *arguments: str, stop: StopSignal | None, stdin: bytes = b"", separator: bytes = b"\n"
    ) -> Iterator[bytes]:
        """The lines of a command that may take long and that nobody waits for, as it prints them. Raises as `run_aside`."""
        environment = {**self._environment, "GIT_DIR": os.fspath(folder)}
        command = [self._program, *arguments]
        with _told_where_missing():
            yield from lines_aside(command, environment=environment, stop=stop, stdin=stdin, separator=separator)

    def identity(self) -> tuple[str, str]:
        """What answers depend on besides the repository: the version of git, and the settings that are said on each call."""
        return repr(self.version()), repr(SETTINGS)

    def version(self) -> tuple[int, ...]:
        """The release of the program, such as (2, 39, 5); asked for once."""
        if self._version is None:
            said = self.run(Path(os.devnull), "version").decode("ascii", "replace")
            self._version = tuple(int(number) for number in re.findall(r"\d+", said.partition(" version ")[2])[:3])
        return self._version

    def start_service(
        self, folder: Path, *arguments: str, protocol: str, complaints: IO[bytes], inherited: Sequence[int] = ()
    ) -> subprocess.Popen[bytes]:
        """Start a command that talks to a client through wide pipes; it inherits the descriptors in `inherited`."""
        environment: Mapping[str, str] = {**self._environment, **({"GIT_PROTOCOL": protocol} if protocol else {})}
        with _told_where_missing():
            child = subprocess.Popen(
                [self._program, *arguments, os.fspath(folder)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=complaints,
                env=environment,
                cwd="/",
                pass_fds=tuple(inherited),
                bufsize=0,
            )
        step_back(child.pid)
        for pipe in (child.stdin, child.stdout):
            assert pipe is not None
            with suppress(OSError):  # a user may have only so many wide pipes; narrow ones work as well
                fcntl(pipe.fileno(), F_SETPIPE_SZ, PIPE_SIZE)
        return child

    def start_session(
        self,
        folder: Path,
        *arguments: str,
        protocol: str,
        stdin: int,
        stdout: int,
        complaints: IO[bytes],
        inherited: Sequence[int] = (),
    ) -> subprocess.Popen[bytes]:
        """Start a command that talks to a client over the client's own descriptors."""
        environment: Mapping[str, str] = {**self._environment, **({"GIT_PROTOCOL": protocol} if protocol else {})}
        with _told_where_missing():
            child = subprocess.Popen(
                [self._program, *arguments, os.fspath(folder)],
                stdin=stdin,
                stdout=stdout,
                stderr=complaints,
                env=environment,
                cwd="/",
                pass_fds=tuple(inherited),
                bufsize=0,
            )
        step_back(child.pid)
        if child.stdin is not None:
            with suppress(OSError):
                fcntl(child.stdin.fileno(), F_SETPIPE_SZ, PIPE_SIZE)
        return child


@contextmanager
def _told_where_missing() -> Iterator[None]:
    """Says which program it is that cannot be started; the folder that it starts in is always there."""
    try:
        yield
    except (FileNotFoundError, PermissionError, NotADirectoryError) as error:
        raise GitMissing from error


def _said(
    child: subprocess.Popen[bytes],
    command: str,
    *,
    stdin: bytes = b"",
    also_fine: Sequence[int] = (),
    seconds: float = LONGEST,
) -> bytes:
    try:
        out, error = child.communicate(stdin or None, timeout=seconds)
    except subprocess.TimeoutExpired:
        child.kill()
        child.communicate()
        raise TookTooLong from None
    if child.returncode != 0 and child.returncode not in also_fine:
        raise GitFailed(command, child.returncode, error.decode("utf-8", "replace"))
    return out


def end(child: subprocess.Popen[bytes]) -> None:
    """End a command and wait for it, gently first so that it removes its temporary files."""
    if child.poll() is not None:
        return
    child.terminate()
    try:
        child.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def last_words(complaints: IO[bytes], limit: int = 4000) -> str:
    """The end of what a command wrote to its standard error."""
    length = complaints.seek(0, os.SEEK_END)
    complaints.seek(max(0, length - limit))
    return complaints.read(limit).decode("utf-8", "replace").strip()


def _environment() -> dict[str, str]:
    """All that git learns from us; nothing of the server's own GIT_* variables, home or language comes through."""
    settings = {
        "GIT_CONFIG_COUNT": str(len(SETTINGS)),
        **{f"GIT_CONFIG_KEY_{number}": key for number, key in enumerate(SETTINGS)},
        **{f"GIT_CONFIG_VALUE_{number}": value for number, value in enumerate(SETTINGS.values())},
    }
    kept = {name: os.environ[name] for name in ("PATH", "TMPDIR", "LD_LIBRARY_PATH") if name in os.environ}
    return {
        **kept,
        **settings,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_NO_REPLACE_OBJECTS": "1",  # refs/replace can be pushed; what is shown must be what is stored
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_ALLOW_PROTOCOL": "",
        "GIT_OPTIONAL_LOCKS": "0",
        "HOME": os.devnull,
        "LC_ALL": "C",
        "LANGUAGE": "",
    }
