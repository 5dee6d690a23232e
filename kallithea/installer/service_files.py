"""What starts Kallithea with the machine, written and not enabled: that is the administrator's to do."""

from __future__ import annotations

import os
import plistlib
import shlex
import sys
from pathlib import Path
from typing import TextIO

from kallithea.installer.environment import run
from kallithea.installer.files import replace_text
from kallithea.installer.layout import Home, Release

LABEL = "org.kallithea-scm.server"
SERVICE_USER = "kallithea"
"""Who the service runs as where root installed it, or somebody who has no name, as in containers."""


def write_all(home: Home, release: Release, log: TextIO) -> None:
    """The files for this system; each starts whatever release is the current one."""
    home.service.mkdir(exist_ok=True)
    if sys.platform == "win32":
        replace_text(home.service / "start.cmd", windows_start(home))
        replace_text(home.service / "register.ps1", windows_task(home))
        return
    replace_text(home.service / "start", start_script(home), mode=0o755)
    if sys.platform == "darwin":
        replace_text(home.service / f"{LABEL}.plist", launchd(home))
    else:
        write_systemd(home, release, log)


def start_command(home: Home) -> str:
    """What a person types to start it."""
    return str(home.service / "start.cmd") if os.name == "nt" else shlex.quote(str(home.service / "start"))


def start_script(home: Home) -> str:
    """A shell script that serves until it is stopped."""
    program, ini = shlex.quote(str(home.current_link / "bin" / "gearbox")), shlex.quote(str(home.ini))
    return f"#!/bin/sh\n# Serves Kallithea until it is stopped.\nexec {program} serve -c {ini}\n"


def write_systemd(home: Home, release: Release, log: TextIO) -> None:
    """The units of systemd, as `kallithea-cli deployment-create systemd` writes them."""
    cli, output = str(release.program("kallithea-cli")), str(home.service)
    user = [] if _is_owned_by_a_user(home.ini) else ["--user", SERVICE_USER, "--group", SERVICE_USER]
    where = ["-c", str(home.ini), "--python-home", str(home.current_link), "--output", output, "--force"]
    run([cli, "deployment-create", "systemd", *where, *user], log)


def _is_owned_by_a_user(path: Path) -> bool:
    try:
        return path.owner() != "root"
    except KeyError:
        return False


def launchd(home: Home) -> str:
    """The property list for launchd."""
    return plistlib.dumps(
        {
            "Label": LABEL,
            "ProgramArguments": [str(home.current_link / "bin" / "gearbox"), "serve", "-c", str(home.ini)],
            "WorkingDirectory": str(home.data),
            "EnvironmentVariables": {"LANG": "en_US.UTF-8"},
            "RunAtLoad": True,
            "KeepAlive": {"SuccessfulExit": False},
            "StandardErrorPath": str(home.data / "server.log"),
            "StandardOutPath": str(home.data / "server.log"),
        }
    ).decode("utf-8")


def windows_start(home: Home) -> str:
    """A command file that serves the current release."""
    return (
        "@echo off\r\n"
        "rem Serves Kallithea until it is stopped.\r\n"
        f'set /p release=<"{_batch(home.current_link)}"\r\n'
        f'"{_batch(home.releases)}\\%release%\\Scripts\\gearbox.exe" serve -c "{_batch(home.ini)}"\r\n'
    )


def windows_task(home: Home) -> str:
    """A PowerShell script that has Windows start Kallithea with the machine, and again when it ended."""
    start = str(home.service / "start.cmd").replace("'", "''")
    return (
        "# Run this once as administrator: Kallithea then starts with Windows.\r\n"
        "# Unregister-ScheduledTask Kallithea undoes it.\r\n"
        f"$action = New-ScheduledTaskAction -Execute '{start}'\r\n"
        "$trigger = New-ScheduledTaskTrigger -AtStartup\r\n"
        "$settings = New-ScheduledTaskSettingsSet -RestartCount 999 -RestartInterval (New-TimeSpan -Minutes 1)"
        " -ExecutionTimeLimit 0\r\n"
        "$user = New-ScheduledTaskPrincipal -UserId 'LOCALSERVICE' -LogonType ServiceAccount\r\n"
        "Register-ScheduledTask -TaskName 'Kallithea' -Action $action -Trigger $trigger"
        " -Settings $settings -Principal $user\r\n"
    )


def _batch(path: Path) -> str:
    """A path as a command file has it: a percent sign is doubled."""
    return str(path).replace("%", "%%")
