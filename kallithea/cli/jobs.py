"""Commands on background jobs."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from pathlib import Path

import click

from kallithea.cli import config_option
from kallithea.cli.instance import system_scope
from kallithea.config.app import App
from kallithea.config.inifile import load
from kallithea.jobs.celery_runner import make_celery, run_worker
from kallithea.jobs.tools import JobTools
from kallithea.lib.errors import ConfigError
from kallithea.services.jobs import JobFacts, JobState


@click.command("job-list")
@click.option("--failed", "only_failed", is_flag=True, help="Only jobs that failed.")
@config_option
def job_list(*, only_failed: bool, config_file: Path) -> None:
    """Show the background jobs: what runs, waits, failed, and when each was last done."""
    with system_scope(config_file) as scope:
        jobs, counted = scope.jobs.all(), scope.jobs.counts()
    for job in jobs:
        if not only_failed or job.error:
            click.echo(_line(job))
    click.echo(", ".join(f"{number} {state.value}" for state, number in counted.items()) + ".")


@click.command("job-retry")
@click.argument("keys", nargs=-1, metavar="KEY...")
@click.option("--failed", "all_failed", is_flag=True, help="All jobs that failed and are tried no more.")
@config_option
def job_retry(*, keys: Sequence[str], all_failed: bool, config_file: Path) -> None:
    """Have background jobs tried now, whatever became of them."""
    with system_scope(config_file) as scope:
        tried = set(scope.jobs.retry_failed() if all_failed else ())
        for key in set(keys) - tried:
            scope.jobs.again(key)
            tried.add(key)
    click.echo(f"{len(tried)} {'job' if len(tried) == 1 else 'jobs'} will be tried.")


@click.command("celery-run", context_settings={"ignore_unknown_options": True})
@click.argument("celery_arguments", nargs=-1, type=click.UNPROCESSED, metavar="[-- CELERY ARGUMENTS]")
@config_option
def celery_run(*, celery_arguments: Sequence[str], config_file: Path) -> None:
    """Do the background jobs with Celery, where use_celery is set."""
    settings = load(config_file).settings()
    if not settings.use_celery:
        raise ConfigError(
            "use_celery is not set, so the server does the jobs itself.", hint="Set use_celery = true in the ini file."
        )
    App.build(settings).close()  # so that settings that cannot be used end this command, and not each of its processes

    @cache
    def tools_of(_process: int) -> JobTools:
        return App.build(settings).job_tools()

    try:
        app = make_celery(
            settings.celery_broker_url,
            lambda: tools_of(os.getpid()),
            concurrency=settings.celery_worker_concurrency,
            max_tasks_per_child=settings.celery_worker_max_tasks_per_child,
        )
    except ImportError as error:
        raise ConfigError("Celery is not installed.", hint="pip install kallithea[celery]") from error
    run_worker(app, celery_arguments)


def _line(job: JobFacts) -> str:
    told = [f"{job.state.value:8}", job.key]
    if job.state is JobState.RUNNING:
        told.append(f"by {job.worker} since {_moment(job.started_at)}")
    elif job.due_at is not None:
        told.append(f"due {_moment(job.due_at)}")
    if job.ended_at is not None:
        told.append(f"last ended {_moment(job.ended_at)}")
    if job.error is not None:
        told.append(f"failed (attempt {job.attempts}): {job.error}")
    elif job.outcome:
        told.append(job.outcome)
    return "  ".join(told)


def _moment(when: datetime | None) -> str:
    return "never" if when is None else f"{when:%Y-%m-%d %H:%M:%S}"
