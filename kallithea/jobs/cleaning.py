"""Removes what expired."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from kallithea.jobs.tools import JobTools
from kallithea.lib.vcs import MaintenanceStopped, StopSignal
from kallithea.services.jobs import Claim

SPOOLED_FOR = 86400
"""Seconds after which a body that came in is nobody's any more: no push takes a day."""
INCOMING = "hg/incoming"
PAGES = "pages"
UNUSED_FOR = 30 * 86400
"""Seconds after which a rendered page that nobody asked for is removed, room or not: it may be of what was deleted."""
DONE_JOBS_FOR = timedelta(days=7)
FAILED_JOBS_FOR = timedelta(days=90)


def clean_sessions(tools: JobTools, _claim: Claim, _stop: StopSignal) -> str:
    """Delete the sessions that nobody can use any more."""
    with tools.scope() as scope:
        return f"{scope.accounts.forget_expired_sessions()} expired sessions deleted"


def clean_tokens(tools: JobTools, _claim: Claim, _stop: StopSignal) -> str:
    """Delete tokens that expired some days ago."""
    with tools.scope() as scope:
        gone = scope.tokens.forget_expired() + scope.deploy_tokens.forget_expired()
    return f"{gone} expired tokens deleted"


def clean_sign_ins(tools: JobTools, _claim: Claim, _stop: StopSignal) -> str:
    """Forget failed sign-ins that slow nobody down any more, and slips that are too old to be used again."""
    with tools.scope() as scope:
        slips = scope.slips.forget_used()
    return f"{tools.throttle.forget_old()} accounts and networks and {slips} used slips forgotten"


def clean_jobs(tools: JobTools, _claim: Claim, _stop: StopSignal) -> str:
    """Delete the rows of jobs that ended long ago; those that come by themselves keep theirs, which shows the last time."""
    gone = tools.claims.forget_ended(done_for=DONE_JOBS_FOR, failed_for=FAILED_JOBS_FOR)
    return f"{gone} ended jobs deleted"


def clean_files(tools: JobTools, _claim: Claim, _stop: StopSignal) -> str:
    """Remove what dead processes left in the folder for bodies that come in, and pages that nobody looks at any more."""
    now = time.time()
    abandoned = _remove_older(tools.cache / INCOMING, now - SPOOLED_FOR)
    return f"{abandoned} abandoned files and {_remove_unused(tools.cache / PAGES, now)} unused pages removed"


def purge_deleted(tools: JobTools, _claim: Claim, stop: StopSignal) -> str:
    """Remove for good the repositories that were deleted long ago, if the settings say so."""
    if tools.purge_after is None:
        return "kept: purge_deleted_after is not set"
    purged = 0
    for found in tools.vault.discarded():
        if stop.wait(0):
            raise MaintenanceStopped("Purging was stopped.")
        if tools.clock() - found.at >= tools.purge_after:
            with tools.scope() as scope:
                scope.deleted_repositories.purge(found)
            purged += 1
    return f"{purged} deleted repositories purged"


def _remove_unused(folder: Path, now: float) -> int:
    # Reading a page sets the time of its file.
    return sum(_remove_older(Path(inner), now - UNUSED_FOR) for inner, _, _ in os.walk(folder))


def _remove_older(folder: Path, horizon: float) -> int:
    removed = 0
    with suppress(FileNotFoundError):
        for path in folder.iterdir():
            with suppress(FileNotFoundError):
                if path.is_file() and path.stat().st_mtime < horizon:
                    path.unlink()
                    removed += 1
    return removed
