"""What the operating system and the interpreter allow this process and its threads."""

from __future__ import annotations

import gc
import logging
import resource
import sys

log = logging.getLogger(__name__)

OPEN_FILES = 8192
"""Enough for 2,000 connections with a body and a repository each; many systems give 1,024 and allow more."""


def allow_many_open_files() -> None:
    """Raise the limit of open files as far as we need and may: each connection is one, also one that sends nothing."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    if hard != resource.RLIM_INFINITY and hard < OPEN_FILES:
        log.warning("Only %s files may be open at once; more than that many connections will be refused.", hard)


TURN = 0.001
"""Seconds."""


def let_threads_take_turns() -> None:
    """Let a thread that answers a page wait for a millisecond at most for one that computes, not for the usual five."""
    sys.setswitchinterval(TURN)


YOUNG = 10_000
"""Objects."""


def collect_rarely() -> None:
    """Look for circles of garbage after so many new objects, not after the usual 700: a page makes thousands, and nearly all of
    them go away by themselves."""
    gc.set_threshold(YOUNG, *gc.get_threshold()[1:])
