"""kallithea-cli self-check: the instance tries itself."""

from __future__ import annotations

import signal
import sys
import time
from contextlib import closing, suppress
from pathlib import Path
from types import FrameType
from typing import NoReturn

import click

from kallithea.cli import config_option
from kallithea.config.inifile import load
from kallithea.config.last_self_check import remember
from kallithea.lib.clock import utc_now
from kallithea.lib.errors import ConfigError, KallitheaError
from kallithea.selfcheck.report import Report, as_json, as_line, as_summary
from kallithea.selfcheck.run import Wishes, run

COULD_NOT = 2


@click.command("self-check")
@config_option
@click.option("--quick", is_flag=True, help="Only the most important checks, in a few seconds.")
@click.option("--json", "wants_json", is_flag=True, help="Print one JSON object at the end instead of lines.")
@click.option("--url", default="", help="Try the running server at this address instead of one of its own.")
def self_check(config_file: Path, quick: bool, wants_json: bool, url: str) -> None:
    """Try the instance as a user, as an attacker, and as a machine; it cleans up after itself.

    Makes a private throw-away group, and takes it away again. Ends with 0 where all is well, 1 where a check failed, 2 where
    the checks could not be done.
    """
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _stop)
    began, ticks = utc_now(), time.monotonic()
    found = []
    try:
        settings = load(config_file).settings()
        if url and not url.startswith(("http://", "https://")):
            raise ConfigError(f"{url} is no address.", hint="Give one such as https://code.example.com.")
        with closing(run(settings, Wishes(url=url, quick=quick))) as results:
            for result in results:
                found.append(result)
                if not wants_json:
                    click.echo(as_line(result))
    except KallitheaError as error:
        click.echo(f"error: {error.message}" + (f"\nhint: {error.hint}" if error.hint else ""), err=True)
        sys.exit(COULD_NOT)
    except KeyboardInterrupt:
        click.echo("error: The self-check was broken off; what it had made is gone.", err=True)
        sys.exit(COULD_NOT)
    report = Report(began, time.monotonic() - ticks, quick, url, found)
    with suppress(OSError):  # a disk that is full is told by a check
        remember(settings.cache_dir, as_json(report))
    click.echo(as_json(report) if wants_json else as_summary(report))
    sys.exit(1 if report.failed else 0)


def _stop(_number: int, _frame: FrameType | None) -> NoReturn:
    # Once: a second signal shall not keep the run from cleaning up.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt
