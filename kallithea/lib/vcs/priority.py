"""Lets pages go before transfers, and both before work that can wait, where all want the processor."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

STEPS = 10
"""How far transfers step back (nice(2)): they last longer than a page anyway, and lose nothing where nobody else computes."""
LOWEST = 19
"""The priority for work that can wait (nice(2)); Linux derives that of the disk from it."""


def step_back(pid: int, steps: int = STEPS) -> None:
    """Give a child process that many steps less of the processor than this process, which answers pages."""
    with suppress(OSError):  # it may have ended already
        priority = min(LOWEST, os.getpriority(os.PRIO_PROCESS, 0) + steps)
        os.setpriority(os.PRIO_PROCESS, pid, priority)
        if os.getsid(pid) == pid:
            # Linux may share the processors out between sessions first (sched(7), autogroup): what leads a session of its own
            # would get as much as the whole server, whatever its priority.
            Path(f"/proc/{pid}/autogroup").write_text(str(priority), encoding="ascii")
