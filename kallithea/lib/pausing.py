"""Changes of an instance can be paused: pushes and other writes wait, reading goes on.

What says so is one file in the folder of the repositories, which every process of every machine that serves them sees; who only
reads never looks at it. It is renamed into its place and removed as a whole: there is no moment at which half of it is read.
Whoever writes holds a shared lock (flock(2)) meanwhile, on a file beside it that is never replaced, so who pauses knows when
the last one of before is done, and a writer that died holds nobody up.
"""

from __future__ import annotations

import fcntl
import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from kallithea.lib.errors import Unavailable

FILE = ".kallithea-pause"
LOCK = ".kallithea-writes"
LONGEST = 3600
"""Seconds that a pause may last: who forgets to end it does not keep people out for longer."""
_LOOK_EVERY = 0.2
_LARGEST = 4096


@dataclass(frozen=True, slots=True)
class Pause:
    """A pause: until when at the latest, in seconds since 1970, and why, as people are told."""

    until: float
    why: str


class WriteGate:
    """Where all that writes passes; one per process, safe to share between threads."""

    def __init__(self, folder: Path, *, patience: float, places: int, now: Callable[[], float] = time.time) -> None:
        """Changes wait for `patience` seconds, at most `places` of them at once, as each keeps a thread from readers."""
        self._path = folder / FILE
        self._lock = folder / LOCK
        self._patience = patience
        self._places = threading.Semaphore(places)
        self._now = now

    @contextmanager
    def passing(self) -> Iterator[None]:
        """Change something. Raises Unavailable where changes are paused for longer than one waits."""
        leave = self.enter()
        try:
            yield
        finally:
            leave()

    def enter(self) -> Callable[[], None]:
        """The same for what ends elsewhere: call what this returns when the change is made."""
        descriptor, pause = self._try()
        if pause is not None:
            descriptor = self._waited(pause)
        return lambda: _close(descriptor)

    def is_paused(self) -> bool:
        """Whether changes wait now."""
        return self.pause() is not None

    def pause(self) -> Pause | None:
        """The pause that is in force, if one is."""
        with suppress(OSError), self._path.open("rb") as file:
            return self._said(file.read(_LARGEST))
        return None

    def close(self, seconds: float, why: str, *, drain: float) -> None:
        """Pause for at most so many seconds, and wait until the changes under way are made.

        Raises Unavailable where they are not after `drain` seconds; then nothing is paused.
        """
        descriptor = _opened(self._lock)
        try:
            _put(self._path, json.dumps({"until": self._now() + min(seconds, LONGEST), "why": why}))
            self._drain(descriptor, drain)
        except BaseException:
            self._path.unlink(missing_ok=True)
            raise
        finally:
            os.close(descriptor)

    def open(self) -> bool:
        """End the pause; False where there was none. Works on a full disk too."""
        was_paused = self.is_paused()
        self._path.unlink(missing_ok=True)
        return was_paused

    def _try(self) -> tuple[int | None, Pause | None]:
        """The lock, held as one that writes; or the pause, which is looked at after that. Who can make no lock goes without."""
        try:
            descriptor = _opened(self._lock)
        except OSError:
            return None, self.pause()
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
            pause = self.pause()
        except BlockingIOError:  # who pauses sees just now that nobody writes
            pause = self.pause() or Pause(self._now() + _LOOK_EVERY, "")
        except OSError:  # a file system without locks
            pause = self.pause()
        if pause is not None:
            os.close(descriptor)
            return None, pause
        return descriptor, None

    def _waited(self, pause: Pause) -> int | None:
        if not self._places.acquire(blocking=False):
            raise _refusal(pause)
        try:
            end = time.monotonic() + self._patience
            while time.monotonic() < end:
                time.sleep(_LOOK_EVERY)
                descriptor, found = self._try()
                if found is None:
                    return descriptor
                pause = found
        finally:
            self._places.release()
        raise _refusal(pause)

    def _drain(self, descriptor: int, patience: float) -> None:
        end = time.monotonic() + patience
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() >= end:
                    raise Unavailable(
                        f"Pushes and other changes were still under way after {patience:.0f} seconds; nothing is paused.",
                        hint="Try again when there is less to do, or wait longer.",
                    ) from None
                time.sleep(_LOOK_EVERY / 4)
            else:
                return

    def _said(self, raw: bytes) -> Pause | None:
        try:
            said = json.loads(raw)
            pause = Pause(float(said["until"]), str(said["why"]))
        except (ValueError, TypeError, KeyError):
            return None
        now = self._now()
        return pause if now < pause.until <= now + LONGEST else None


def _opened(path: Path) -> int:
    """The lock, made if need be for the user who owns the folder."""
    try:
        return os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except PermissionError:
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        _give(descriptor, path.parent)
        return descriptor


def _put(path: Path, text: str) -> None:
    """Put a line in place of what was there, in one go: readers see this one or the one before."""
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        with draft.open("w", encoding="utf-8") as file:
            _give(file.fileno(), path.parent)
            file.write(text)
            file.flush()
            os.fchmod(file.fileno(), 0o644)
            os.fsync(file.fileno())
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def _give(descriptor: int, folder: Path) -> None:
    """Let a file belong to who owns a folder, where we may say so."""
    owner = folder.stat()
    with suppress(PermissionError):
        os.fchown(descriptor, owner.st_uid, owner.st_gid)


def _close(descriptor: int | None) -> None:
    if descriptor is not None:
        os.close(descriptor)


def _refusal(pause: Pause) -> Unavailable:
    why = f": {pause.why}" if pause.why else ""
    return Unavailable(f"Nothing can be pushed or changed at the moment{why}.", hint="Reading goes on. Try again in a minute.")
