"""What is done behind the pages, and what failed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from kallithea.pages.admin.sections import admin_sections
from kallithea.pages.parts import Link, Moment, Tab, moment, one_line
from kallithea.pages.urls import Urls
from kallithea.services.jobs import JobFacts, JobState

TITLES = {
    JobState.RUNNING: "Running",
    JobState.FAILED: "Failed, and tried no more",
    JobState.WAITING: "Waiting",
    JobState.DONE: "Done last",
}

WORDS = {
    "maintain-repository": "Look after",
    "copy-repository": "Copy its original into",
    "count-statistics": "Count the statistics of",
    "count-missing": "Count statistics where nobody did yet",
    "repair-lists": "Put lists right",
    "purge-deleted": "Remove what was deleted long ago",
    "backup-create": "Make a backup",
    "backup-drill": "Try the last backup",
    "clean-sessions": "Forget sessions that are over",
    "clean-tokens": "Forget tokens that are over",
    "clean-sign-ins": "Forget failed sign-ins",
    "clean-files": "Remove files that nobody needs",
    "clean-copies": "Remove forks that were broken off",
    "answer-resets": "Answer who forgot a password",
    "send-mails": "Send mail",
    "clean-mails": "Forget mail that was sent",
    "clean-jobs": "Forget jobs that are done",
}
"""What each kind of job does; the keys of some go on with the number of a repository."""


@dataclass(frozen=True, slots=True)
class JobLine:
    """`when` is when it began, is due, or ended; `said` is what it reported last; `about` is its repository, if it has one."""

    key: str
    words: str
    about: Link | None
    when: Moment | None
    said: str
    is_bad: bool
    can_retry: bool


@dataclass(frozen=True, slots=True)
class JobList:
    """The first jobs of a state; `more` says how many are not shown, or nothing."""

    title: str
    lines: tuple[JobLine, ...]
    more: str


@dataclass(frozen=True, slots=True)
class JobsPage:
    """Trying one again posts `job`, its key; `failed` means all that failed."""

    sections: tuple[Tab, ...]
    lists: tuple[JobList, ...]
    has_failed: bool
    retry_url: str


def jobs_page(urls: Urls, found: Mapping[JobState, Sequence[JobFacts]], *, counts: Mapping[JobState, int]) -> JobsPage:
    """The jobs by their state, without states that none has."""
    return JobsPage(
        sections=admin_sections(urls, "jobs"),
        lists=tuple(_list(urls, TITLES[state], found[state], counts[state]) for state in TITLES if found.get(state)),
        has_failed=bool(counts[JobState.FAILED]),
        retry_url=urls.administration("jobs/retry"),
    )


def _list(urls: Urls, title: str, jobs: Sequence[JobFacts], count: int) -> JobList:
    hidden = count - len(jobs)
    return JobList(
        f"{title} ({count:,})", tuple(_line(urls, job) for job in jobs), f"and {hidden:,} more" if hidden > 0 else ""
    )


def _line(urls: Urls, job: JobFacts) -> JobLine:
    kind, _, number = job.key.partition(":")
    return JobLine(
        key=one_line(job.key),
        words=WORDS.get(kind, ""),
        about=Link(f"repository {number}", urls.repository_by_number(int(number))) if number.isdecimal() else None,
        when=_moment(_when(job)),
        said=one_line(f"attempt {job.attempts}: {job.error}" if job.error else job.outcome or ""),
        is_bad=job.error is not None,
        can_retry=job.state in (JobState.FAILED, JobState.WAITING),
    )


def _when(job: JobFacts) -> datetime | None:
    if job.state is JobState.RUNNING:
        return job.started_at
    return job.due_at if job.state is JobState.WAITING else job.ended_at


def _moment(when: datetime | None) -> Moment | None:
    return None if when is None else moment(when)
