"""The results for people, a line each, and for programs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import kallithea
from kallithea.selfcheck.checks import Result, Status

FORMAT = 1
"""Of the JSON; another number says that something in it means something else."""
_SIGNS = {Status.OK: "ok", Status.FAILED: "FAILED", Status.NOT_CHECKED: "not checked"}


@dataclass(frozen=True, slots=True)
class Report:
    """One whole run: when it began, how many seconds it took, which server was tried (empty: one of its own)."""

    began: datetime
    seconds: float
    quick: bool
    url: str
    results: Sequence[Result]

    @property
    def failed(self) -> int:
        return sum(result.status is Status.FAILED for result in self.results)

    @property
    def not_checked(self) -> int:
        return sum(result.status is Status.NOT_CHECKED for result in self.results)


def as_line(result: Result) -> str:
    """One check; the hint on a line of its own where it failed."""
    line = f"{_SIGNS[result.status]:<11} {result.seconds:5.2f} s  {result.check.title}: {result.said}"
    return f"{line}\n{'':21}hint: {result.hint}" if result.hint else line


def as_summary(report: Report) -> str:
    """The last line."""
    good = len(report.results) - report.failed - report.not_checked
    return f"{good} good, {report.failed} failed, {report.not_checked} not checked, in {report.seconds:.1f} s"


def as_json(report: Report) -> str:
    """The whole report, as docs/self-check.md describes it."""
    checks = [
        {
            "name": result.check.name,
            "subject": result.check.subject,
            "title": result.check.title,
            "status": result.status.value,
            "said": result.said,
            "hint": result.hint,
            "seconds": round(result.seconds, 3),
        }
        for result in report.results
    ]
    told = {
        "format": FORMAT,
        "kallithea": kallithea.__version__,
        "began": report.began.isoformat(timespec="seconds"),
        "seconds": round(report.seconds, 3),
        "quick": report.quick,
        "url": report.url,
        "status": "failed" if report.failed else "ok",
        "checks": checks,
    }
    return json.dumps(told, ensure_ascii=False, indent=1)
