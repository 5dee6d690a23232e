"""What one process remembers of sources of sign-ins, and how many of its threads may wait for them."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager

from kallithea.lib.errors import Unavailable

REMEMBERED_FOR = 300.0
"""Seconds, as for passwords of accounts here."""
REMEMBERED_AT_MOST = 10_000
AT_ONCE = 4
"""Threads that may wait for sources; a slow directory must not take them all."""
PATIENCE = 5.0
"""Seconds that one waits for its turn."""


class SourceGate:
    """One for a process. What was verified is remembered under a key that nobody can make from a dump of the memory."""

    def __init__(self, *, at_once: int = AT_ONCE, patience: float = PATIENCE) -> None:
        self._secret = secrets.token_bytes(32)
        self._remembered: OrderedDict[bytes, tuple[str, float]] = OrderedDict()
        self._lock = threading.Lock()
        self._turns = threading.BoundedSemaphore(at_once)
        self._patience = patience

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Around each question to a source. Raises Unavailable where too many others wait."""
        if not self._turns.acquire(timeout=self._patience):
            raise Unavailable("Too many people are signing in at the moment.", hint="Try again in a moment.")
        try:
            yield
        finally:
            self._turns.release()

    def recall(self, *said: str) -> str | None:
        """What was remembered of exactly these texts, if it is not too old."""
        key = self._key(said)
        with self._lock:
            found = self._remembered.get(key)
            if found is None or found[1] < time.monotonic():
                self._remembered.pop(key, None)
                return None
            return found[0]

    def remember(self, *said: str, answer: str) -> None:
        with self._lock:
            key = self._key(said)
            self._remembered[key] = (answer, time.monotonic() + REMEMBERED_FOR)
            self._remembered.move_to_end(key)
            while len(self._remembered) > REMEMBERED_AT_MOST:
                self._remembered.popitem(last=False)

    def _key(self, said: tuple[str, ...]) -> bytes:
        # repr, so that where one text ends and the next begins is part of it.
        return hmac.new(self._secret, repr(said).encode("utf-8", "surrogatepass"), hashlib.sha256).digest()
