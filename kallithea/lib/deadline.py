"""A limit on the work that a text of others may cause."""

from __future__ import annotations

import time


class OutOfTime(Exception):
    """The work may not take longer."""


class Deadline:
    """Ends after so many seconds of this thread's own work, however busy the machine is meanwhile."""

    def __init__(self, seconds: float) -> None:
        self._until = time.thread_time() + seconds

    def check(self) -> None:
        """Raises OutOfTime when it is over."""
        if time.thread_time() > self._until:
            raise OutOfTime
