"""Whether an installation is at work: programs of it that run, and what answers where its server listens."""

from __future__ import annotations

import json
import os
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kallithea.installer import services
from kallithea.installer.layout import Home

_PROCESSES = Path("/proc")


@dataclass(frozen=True)
class Running:
    """What is at work."""

    address: str | None
    """Where the server listens; None where the ini file says so in a way of its own."""
    answers: bool
    """Whether a Kallithea answers there."""
    processes: Mapping[int, str] | None
    """Programs of this installation by process number; None where processes cannot be listed."""
    units: Sequence[str]
    """Units of systemd that run what is here."""
    manager: Sequence[str] = ("systemctl",)
    """What the units are asked with."""

    @property
    def is_running(self) -> bool:
        """Where processes are known, another installation may answer at the same address."""
        return self.answers if self.processes is None else bool(self.processes)

    def how_to_stop(self) -> str:
        """What a person does to stop it."""
        if self.units:
            sockets = [unit.replace(".service", ".socket") for unit in self.units]
            return f"{' '.join(self.manager)} disable --now {' '.join([*sockets, *self.units])}"
        if self.processes:
            return f"kill {' '.join(map(str, self.processes))}"
        return "stop it where it was started"

    def as_facts(self) -> Mapping[str, Any]:
        """For programs."""
        processes = None if self.processes is None else [{"pid": pid, "command": it} for pid, it in self.processes.items()]
        return {"address": self.address, "answers": self.answers, "processes": processes, "running": self.is_running}


def look(home: Home) -> Running:
    """How it is now."""
    address = services.address(home.ini) if home.ini.is_file() else None
    manager, units = services.units_in_use(home)
    return Running(address, address is not None and _answers(address), processes(home), units, manager)


def processes(home: Home, *, folder: Path = _PROCESSES) -> Mapping[int, str] | None:
    """Programs of this home that run, but for this one; None where nobody tells."""
    listed = _of_proc(folder) if (folder / "self" / "cmdline").exists() else _of_ps()
    if listed is None:
        return None
    places = (f"{home.releases}{os.sep}", f"{home.current_link}{os.sep}")
    return {pid: shown for pid, program, shown in listed if program.startswith(places) and pid != os.getpid()}


def _of_proc(processes: Path) -> Iterator[tuple[int, str, str]]:
    for folder in sorted(processes.iterdir(), key=lambda path: path.name):
        if folder.name.isdigit():
            try:
                words = os.fsdecode((folder / "cmdline").read_bytes()).split("\0")
            except OSError:  # it has ended, or is somebody else's
                continue
            yield int(folder.name), words[0], " ".join(words).strip()


def _of_ps() -> list[tuple[int, str, str]] | None:
    try:
        said = subprocess.run(["ps", "-axo", "pid=,command="], capture_output=True, encoding="utf-8", timeout=30, check=True)
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError):
        return None
    lines = (line.strip().partition(" ") for line in said.stdout.splitlines())
    return [(int(pid), command.strip(), command.strip()) for pid, _, command in lines if pid.isdigit()]


def _answers(address: str) -> bool:
    """Whether it tells its health as Kallithea does; well or not, it is there."""
    # Not through a proxy that the environment names.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    request = urllib.request.Request(f"{address}/_health", headers={"Accept": "application/json"})  # noqa: S310
    try:
        with opener.open(request, timeout=10) as answer:
            text = answer.read(1 << 16)
    except urllib.error.HTTPError as error:
        text = error.read(1 << 16)
    except (OSError, ValueError):
        return False
    try:
        return "schema" in json.loads(text)["checks"]
    except (ValueError, KeyError, TypeError):
        return False
