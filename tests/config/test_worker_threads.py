"""The threads of waitress: what comes is done, what fails does no harm, and all of them end."""

from __future__ import annotations

import threading

from kallithea.config.worker_threads import WorkerThreads


class Job:
    """A task that is done when it may go on."""

    def __init__(self, *, fails: bool = False) -> None:
        self.has_begun, self.may_go_on, self.is_done = threading.Event(), threading.Event(), threading.Event()
        self.was_dropped = False
        self._fails = fails

    def service(self) -> None:
        self.has_begun.set()
        self.may_go_on.wait(10)
        self.is_done.set()
        if self._fails:
            raise SystemExit("no thread may end by this")

    def cancel(self) -> None:
        self.was_dropped = True


def done(*jobs: Job) -> bool:
    for job in jobs:
        job.may_go_on.set()
    return all(job.is_done.wait(10) for job in jobs)


def test_as_many_tasks_run_at_once_as_there_are_threads() -> None:
    workers, jobs = WorkerThreads(3), [Job() for _ in range(7)]
    for job in jobs:
        workers.add_task(job)

    assert done(*jobs)
    assert workers.shutdown() is False


def test_a_task_that_fails_takes_no_thread_with_it() -> None:
    workers, bad, good = WorkerThreads(1), Job(fails=True), Job()
    workers.add_task(bad)
    workers.add_task(good)

    assert done(bad, good)
    workers.shutdown()


def test_what_has_begun_is_ended_and_what_waits_is_dropped() -> None:
    workers, begun, waiting = WorkerThreads(1), Job(), Job()
    workers.add_task(begun)
    assert begun.has_begun.wait(10)
    workers.add_task(waiting)
    threading.Timer(0.2, begun.may_go_on.set).start()

    assert workers.shutdown(timeout=10) is True
    assert begun.is_done.is_set()
    assert waiting.was_dropped
    assert not waiting.is_done.is_set()


def test_who_does_not_end_is_not_waited_for_for_ever() -> None:
    workers, slow = WorkerThreads(1), Job()
    workers.add_task(slow)
    assert slow.has_begun.wait(10)

    assert workers.shutdown(timeout=0.1) is False
    assert done(slow)
