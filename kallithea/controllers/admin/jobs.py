"""`/_admin/jobs`: what is done behind the pages."""

from __future__ import annotations

from dataclasses import dataclass

from webob import Response

from kallithea.controllers.base import Room
from kallithea.controllers.exposing import Visitor, action, page
from kallithea.pages.admin.jobs import JobsPage, jobs_page
from kallithea.services.jobs import JobState

SHOWN = 50
"""Jobs of each state; the rest is counted."""
ALL_FAILED = "failed"


@dataclass(frozen=True, slots=True)
class RetryForm:
    """`job` is the key of a job, or `failed` for all that are tried no more."""

    job: str


class JobsRoom(Room):
    @page(requires=Visitor.ADMINISTRATOR)
    def index(self) -> JobsPage:
        jobs = self.scope.jobs
        found = {state: jobs.first(state, SHOWN) for state in JobState}
        return jobs_page(self.visit.urls, found, counts=jobs.counts())

    @action(requires=Visitor.ADMINISTRATOR, path="retry")
    def retry(self) -> Response:
        wanted = self.form(RetryForm).job
        if wanted == ALL_FAILED:
            self.scope.jobs.retry_failed()
        else:
            self.scope.jobs.again(wanted)
        return self.visit.redirect(self.visit.urls.administration("jobs"))
