"""status: what is installed in a home, and what there is of an instance. Changes nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from kallithea.installer import running
from kallithea.installer.errors import Refused
from kallithea.installer.layout import Home
from kallithea.installer.steps import Journal


def status(home: Home) -> Mapping[str, Any]:
    """The facts, for people and for programs. Raises Refused where there is no home."""
    if not home.is_home:
        raise Refused(f"Kallithea is not installed in {home.path}.")
    current = home.current()
    journal = Journal(home.journal)
    return {
        "home": str(home.path),
        "current": dict(current.facts()) if current else None,
        "releases": [release.version for release in home.whole_releases()],
        "data": str(home.data) if home.ini.is_file() else None,
        "interrupted": journal.command or None,
        "server": running.look(home).as_facts(),
    }


def lines(facts: Mapping[str, Any]) -> list[str]:
    """The same as sentences."""
    current = facts["current"]
    others = [version for version in facts["releases"] if not current or version != current["version"]]
    if current:
        use = f"Kallithea {current['version']} for {current['platform']}, Python {current['python']}, of {current['installed']}"
    else:
        use = "no release is in use"
    told = [f"{facts['home']}: {use}"]
    if others:
        told.append(f"Other releases: {', '.join(others)}")
    told.append(f"Data: {facts['data'] or 'none'}")
    told.append(f"Server: {_server(facts['server'])}")
    if facts["interrupted"]:
        told.append(f"Interrupted: {facts['interrupted']}; run it again")
    return told


def _server(facts: Mapping[str, Any]) -> str:
    where, processes = facts["address"] or "an address of its own", facts["processes"] or ()
    numbers = ", ".join(str(process["pid"]) for process in processes)
    programs = f"process {numbers}" if numbers else ""
    if not facts["running"]:
        return f"does not run; something else answers at {where}" if facts["answers"] else "does not run"
    return ", ".join(each for each in (programs, f"{'answers' if facts['answers'] else 'does not answer'} at {where}") if each)


def as_json(facts: Mapping[str, Any]) -> str:
    """The same for programs."""
    return json.dumps(facts, indent=1, sort_keys=True)
