"""Every kind of job: what does it, how often it comes by itself, and which of them run one at a time in the whole instance."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from kallithea.jobs import backups, cleaning, copying, counting, mailing, maintenance, repairing
from kallithea.jobs.tools import JobTools
from kallithea.lib.vcs import StopSignal
from kallithea.services.forks import COPY
from kallithea.services.jobs import Claim
from kallithea.services.mails import SEND
from kallithea.services.pushes import MAINTAIN
from kallithea.services.recovery import ANSWER
from kallithea.services.statistics import COUNT

Run = Callable[[JobTools, Claim, StopSignal], str]
DISK = "disk"
"""The place of jobs that keep a disk busy: one at a time, whatever the number of workers and machines."""
COPIES = "copies"
"""The place of jobs that somebody waits for: beside the disk's, so that a fork need not wait for a thorough maintenance."""


@dataclass(frozen=True, slots=True)
class JobKind:
    """How jobs of a kind are done. `run` reports in a phrase what it did; it may be called twice for one job."""

    run: Run
    every: timedelta | None = None
    """How often it is done without being asked for."""
    place: str | None = None


KINDS: Mapping[str, JobKind] = {
    MAINTAIN: JobKind(maintenance.maintain_repository, place=DISK),
    COPY: JobKind(copying.copy_repository, place=COPIES),
    COUNT: JobKind(counting.count_statistics, place=DISK),
    "count-missing": JobKind(counting.count_missing, every=timedelta(hours=1)),
    "repair-lists": JobKind(repairing.repair_lists, every=timedelta(minutes=10)),
    "purge-deleted": JobKind(cleaning.purge_deleted, every=timedelta(days=1), place=DISK),
    "backup-create": JobKind(backups.create_backup, every=timedelta(hours=1), place=DISK),
    "backup-drill": JobKind(backups.try_backup, every=timedelta(days=1), place=DISK),
    "clean-sessions": JobKind(cleaning.clean_sessions, every=timedelta(hours=1)),
    "clean-tokens": JobKind(cleaning.clean_tokens, every=timedelta(days=1)),
    "clean-sign-ins": JobKind(cleaning.clean_sign_ins, every=timedelta(hours=1)),
    "clean-files": JobKind(cleaning.clean_files, every=timedelta(hours=6)),
    "clean-copies": JobKind(copying.clean_copies, every=timedelta(hours=1)),
    ANSWER: JobKind(mailing.answer_resets),
    SEND: JobKind(mailing.send_mails, every=timedelta(minutes=10)),
    "clean-mails": JobKind(mailing.clean_mails, every=timedelta(days=1)),
    "clean-jobs": JobKind(cleaning.clean_jobs, every=timedelta(days=1)),
}
"""The key of a job that comes by itself is its kind."""

BY_THEMSELVES = tuple(name for name, kind in KINDS.items() if kind.every is not None)
