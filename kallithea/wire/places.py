"""How many transfers may run at once, so that pages keep threads to be answered by."""

from __future__ import annotations

import threading
import time

from kallithea.lib.errors import Unavailable


class TransferPlaces:
    """So many transfers at once; half as many more may wait for a place, as hg and git do not try again by themselves.

    Who waits holds a thread of the server too, so the number of those who wait is limited as well.
    """

    def __init__(self, at_once: int, *, patience: float = 60.0) -> None:
        self._changed = threading.Condition()
        self._free = max(1, at_once)
        self._may_wait = max(1, at_once // 2)
        self._patience = patience

    def take(self) -> None:
        """Take a place, to be given back once. Raises Unavailable where too many wait, or for too long."""
        until = time.monotonic() + self._patience
        with self._changed:
            if self._free < 1:
                self._wait(until)
            self._free -= 1

    def give_back(self) -> None:
        with self._changed:
            self._free += 1
            self._changed.notify()

    @property
    def free_to_wait(self) -> int:
        """How many more may wait."""
        return self._may_wait

    def _wait(self, until: float) -> None:
        if self._may_wait < 1:
            raise _busy()
        self._may_wait -= 1
        try:
            while self._free < 1:
                if not self._changed.wait(until - time.monotonic()):
                    raise _busy()
        finally:
            self._may_wait += 1


def _busy() -> Unavailable:
    return Unavailable("The server is busy with other transfers.", hint="Try again in a moment.")
