"""Lets pages go before transfers where both want the processor."""

from __future__ import annotations

import os
from contextlib import suppress

STEPS = 10
"""How far transfers step back (nice(2)): they last longer than a page anyway, and lose nothing where nobody else computes."""


def step_back(pid: int) -> None:
    """Give a child process that carries a transfer less of the processor than the server that answers pages."""
    with suppress(OSError):  # it may have ended already
        os.setpriority(os.PRIO_PROCESS, pid, os.getpriority(os.PRIO_PROCESS, 0) + STEPS)
