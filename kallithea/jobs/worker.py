"""Claims due jobs and does them, one after the other."""

from __future__ import annotations

import logging
import os
import secrets
import socket
import threading
import time
from collections.abc import Sequence

from sqlalchemy.exc import SQLAlchemyError

from kallithea.jobs.table import BY_THEMSELVES, KINDS
from kallithea.jobs.tools import JobTools
from kallithea.lib.errors import KallitheaError, Unavailable
from kallithea.lib.vcs import MaintenanceStopped
from kallithea.services.jobs import LEASE, MOST_ATTEMPTS, Claim, JobClaims

log = logging.getLogger(__name__)

POLL = 5.0
"""Seconds between two looks for due jobs."""
LONGEST_PAUSE = 60.0
"""Seconds between two looks while there is no database."""
RENEW_AFTER = LEASE.total_seconds() / 5


class Lifeline:
    """Tells a job whether to stop, and everybody else, in passing, that it is being done."""

    def __init__(self, claims: JobClaims, claim: Claim, stopping: threading.Event) -> None:
        self._claims = claims
        self._claim = claim
        self._stopping = stopping
        self._renewed = time.monotonic()

    def wait(self, timeout: float) -> bool:
        return self._stopping.wait(timeout) or not self._is_ours()

    def _is_ours(self) -> bool:
        silent = time.monotonic() - self._renewed
        if silent < RENEW_AFTER:
            return True
        try:
            if not self._claims.renew(self._claim):
                return False
        except SQLAlchemyError:
            return silent < LEASE.total_seconds()
        self._renewed = time.monotonic()
        return True


class Worker:
    """Does the jobs of some kinds, in one thread."""

    def __init__(self, tools: JobTools, kinds: Sequence[str], *, poll: float = POLL) -> None:
        self._tools = tools
        self._kinds = kinds
        self._poll = poll
        self._stopping = threading.Event()
        self._name = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(3)}"

    def run(self) -> None:
        """Look for due jobs until `stop` is called. What the database does meanwhile ends nothing."""
        pause, is_down, is_expecting = self._poll, False, True
        # The first look comes late, so that the start of the server is not disturbed.
        while not self._stopping.wait(pause):
            try:
                if is_expecting:
                    self.expect()
                    is_expecting = False
                while self.run_one():
                    pass
            except (SQLAlchemyError, Unavailable) as error:
                if not is_down:
                    log.warning("background jobs wait, the database cannot be used: %s", _first_line(error))
                is_down, pause = True, min(max(pause, 1.0) * 2, LONGEST_PAUSE)
            # The outermost net of this thread: a defect must not end it for as long as the server lives.
            except Exception:
                log.exception("incident %s: looking for background jobs failed", secrets.token_hex(4))
                pause = LONGEST_PAUSE
            else:
                if is_down:
                    log.info("background jobs go on, the database is back")
                is_down, pause = False, self._poll

    def stop(self) -> None:
        """End soon; a job under way stops and is given back."""
        self._stopping.set()

    def expect(self) -> None:
        """Give the jobs that come by themselves their rows."""
        with self._tools.scope() as scope:
            for key in BY_THEMSELVES:
                scope.jobs.expect(key)

    def run_one(self) -> bool:
        """Do the job that waits longest; False if there is none for this worker now."""
        if self._stopping.is_set() or self._tools.is_paused():
            return False
        return any(self.run_job(job_id, key) for job_id, key in self.due())

    def due(self) -> Sequence[tuple[int, str]]:
        """The numbers and keys of the jobs that wait for a worker like this."""
        return self._tools.claims.due(self._kinds)

    def run_job(self, job_id: int, key: str) -> bool:
        """Do this job; False if somebody else does it, or the place that it needs is taken."""
        kind = KINDS[key.partition(":")[0]]
        claim = self._tools.claims.claim(job_id, self._name, place=kind.place)
        if claim is None:
            return False
        self._do(claim)
        return True

    def _do(self, claim: Claim) -> None:
        claims, kind = self._tools.claims, KINDS[claim.kind]
        if claim.attempt > MOST_ATTEMPTS:
            claims.failed(claim, f"Whoever did it died at it, {MOST_ATTEMPTS} times.", every=kind.every)
            return
        try:
            outcome = kind.run(self._tools, claim, Lifeline(claims, claim, self._stopping))
        except MaintenanceStopped:
            claims.give_back(claim)  # changes nothing if it is somebody else's by now
        except KallitheaError as error:
            log.warning("job %s failed (attempt %d): %s", claim.key, claim.attempt, error.message)
            claims.failed(claim, " ".join(filter(None, (error.message, error.hint))), every=kind.every)
        except SQLAlchemyError:
            raise  # the lease ends, and then it is done again
        # The outermost net of the jobs: what arrives here is a defect, or a machine that does not work.
        except Exception as error:
            incident = secrets.token_hex(4)
            log.exception("incident %s: job %s failed (attempt %d)", incident, claim.key, claim.attempt)
            claims.failed(claim, f"{type(error).__name__}: {error} (incident {incident})", every=kind.every)
        else:
            log.info("job %s: %s", claim.key, outcome)
            claims.done(claim, outcome, every=kind.every)


def _first_line(error: Exception) -> str:
    return str(getattr(error, "orig", None) or error).partition("\n")[0]
