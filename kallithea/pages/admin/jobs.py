"""What is done behind the pages, and what failed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from kallithea.pages.admin.sections import admin_sections
from kallithea.pages.parts import Moment, Tab, moment, one_line
from kallithea.pages.urls import Urls
from kallithea.services.jobs import JobFacts, JobState

TITLES = {
    JobState.RUNNING: "Running",
    JobState.FAILED: "Failed, and tried no more",
    JobState.WAITING: "Waiting",
    JobState.DONE: "Done last",
}


@dataclass(frozen=True, slots=True)
class JobLine:
    """`when` is when it began, is due, or ended; `said` is what it reported last."""

    key: str
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
        lists=tuple(_list(TITLES[state], found[state], counts[state]) for state in TITLES if found.get(state)),
        has_failed=bool(counts[JobState.FAILED]),
        retry_url=urls.administration("jobs/retry"),
    )


def _list(title: str, jobs: Sequence[JobFacts], count: int) -> JobList:
    hidden = count - len(jobs)
    return JobList(f"{title} ({count:,})", tuple(map(_line, jobs)), f"and {hidden:,} more" if hidden > 0 else "")


def _line(job: JobFacts) -> JobLine:
    return JobLine(
        key=one_line(job.key),
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
