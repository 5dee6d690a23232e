"""Rules for every test."""

import os
from collections.abc import Generator
from typing import TypeVar

import pytest

from tests import databases

R = TypeVar("R", pytest.TestReport, pytest.CollectReport)

_NO_SKIP = os.environ.get("KALLITHEA_NO_SKIP", "") not in {"", "0"}


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Where nothing may be skipped, as in CI, a skipped test is a failed one."""
    report = yield
    return _refused(report) if _NO_SKIP else report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """The same for a file that is skipped as a whole."""
    report = yield
    return _refused(report) if _NO_SKIP else report


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish() -> None:
    """The database servers of a run end with it. Not later: a worker of pytest-xdist is ended soon after this."""
    databases.end_of_run()


def _refused(report: R) -> R:
    if report.skipped:
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"nothing may be skipped here: {reason}"
    return report
