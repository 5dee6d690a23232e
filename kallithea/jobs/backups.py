"""Makes backups and tries them out when they are due: by commands, in processes of the lowest priority."""

from __future__ import annotations

import os
from pathlib import Path

from kallithea.jobs.tools import JobTools
from kallithea.lib.vcs import StopSignal, run_command
from kallithea.services.backups.schedule import Schedule
from kallithea.services.jobs import Claim

PROGRAM = "import sys; from kallithea.cli import main; main(sys.argv[1:])"


def create_backup(tools: JobTools, _claim: Claim, stop: StopSignal) -> str:
    """Make a backup if the newest one is old enough."""
    schedule = tools.backups
    if schedule is None or schedule.every is None:
        return "none is made: backup_path or backup_every is not set"
    if not schedule.is_backup_due(tools.clock()):
        return "the newest one is young enough"
    return _run(schedule, "backup-create", "--keep", str(schedule.keep), stop=stop)


def try_backup(tools: JobTools, _claim: Claim, stop: StopSignal) -> str:
    """Restore the newest backup into a scratch folder if that was long enough ago."""
    schedule = tools.backups
    if schedule is None or schedule.drill_every is None:
        return "none is tried: backup_path or backup_drill_every is not set"
    if not schedule.is_drill_due(tools.clock()):
        return "the last one was tried lately, or there is none"
    return _run(schedule, "backup-drill", stop=stop)


def _run(schedule: Schedule, *arguments: str, stop: StopSignal) -> str:
    said = run_command(PROGRAM, *arguments, "-c", os.fspath(schedule.ini_file), stop=stop, path=Path(__file__).parents[2])
    return said.decode("utf-8", "replace").strip()
