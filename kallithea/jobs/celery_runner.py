"""Celery as the runner of jobs. Imported by `kallithea-cli celery-run` alone: nobody else needs Celery to be installed.

The table of jobs stays the truth. Every few seconds a message asks one worker to look for due jobs and to send a message for
each; a message that is lost, late or doubled does nothing, as jobs are claimed in the table. So servers never talk to the
broker, and a push does not fail because the broker is away.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from kallithea.jobs.table import KINDS
from kallithea.jobs.tools import JobTools
from kallithea.jobs.worker import Worker

LOOK_EVERY = 5.0
EXPIRES = 60.0
"""Seconds after which nobody reads a message any more; its job is found again if it is still due."""
FIND, RUN = "kallithea.jobs.find", "kallithea.jobs.run"


def make_celery(broker_url: str, tools: Callable[[], JobTools], *, concurrency: int, max_tasks_per_child: int) -> Any:
    """The Celery application; `tools` is called once in each process that does jobs. Raises ImportError without Celery."""
    from celery import Celery  # imported late: an extra

    app = Celery("kallithea", broker=broker_url, set_as_current=False)
    app.conf.update(
        task_ignore_result=True,
        worker_concurrency=concurrency,
        worker_max_tasks_per_child=max_tasks_per_child,
        worker_prefetch_multiplier=1,
        worker_hijack_root_logger=False,
        broker_connection_retry_on_startup=True,
        task_default_queue="kallithea",
        enable_utc=True,
        beat_schedule={"find": {"task": FIND, "schedule": LOOK_EVERY, "options": {"expires": EXPIRES}}},
    )

    @cache
    def worker_of(_process: int) -> Worker:
        worker = Worker(tools(), list(KINDS))
        worker.expect()
        return worker

    def find() -> None:
        busy: set[str] = set()
        for job_id, key in worker_of(os.getpid()).due():
            place = KINDS[key.partition(":")[0]].place
            if place is None or place not in busy:
                busy |= {place} if place else set()
                app.send_task(RUN, (job_id, key), expires=EXPIRES)

    def run(job_id: int, key: str) -> None:
        worker_of(os.getpid()).run_job(job_id, key)

    app.task(name=FIND)(find)
    app.task(name=RUN)(run)
    return app


def run_worker(app: Any, arguments: Sequence[str]) -> None:
    """Do jobs until the process is asked to end; the scheduler runs beside, and keeps nothing on disk."""
    app.worker_main(["worker", "--beat", "--scheduler", "celery.beat:Scheduler", "--loglevel", "INFO", *arguments])
