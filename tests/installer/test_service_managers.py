"""An upgrade restarts what systemd or launchd runs, for the system or a user; programs stand in for them and take notes."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from kallithea.installer import services
from kallithea.installer.layout import Home
from kallithea.installer.steps import Moment
from tests.installer import changer, houses, upgradable

# What `systemctl show` and `launchctl print` say of a service that runs; all else is noted, with the release in use.
MANAGER = r"""#!/bin/sh
case "$*" in
    RUNNING*) cat <<'END'
ActiveState=STATE
ExecStart={ path=SERVED/current/bin/gearbox ; argv[]=SERVED/current/bin/gearbox serve ; }
END
    ;;
    *show*) printf 'ActiveState=inactive\nExecStart=\n' ;;
    *print*) exit 113 ;;
    *) echo "$* $(readlink HOME/current)" >> TOLD; BROKEN ;;
esac
"""
OLD, NEW = f"releases/{upgradable.OLD}", f"releases/{houses.NEW}"


@dataclass
class Machine:
    """A home, and the folder that goes before all others on the PATH."""

    home: Home
    made: Path
    programs: Path

    def runs(self, name: str, running: str, *, served: str = "", broken: str = "true", state: str = "active") -> None:
        """Have a manager, which answers for services so when its words begin so."""
        program = self.programs / name
        text = MANAGER.replace("RUNNING", running.replace(" ", "\\ ")).replace("STATE", state).replace("BROKEN", broken)
        text = text.replace("SERVED", served or str(self.home.path)).replace("HOME", str(self.home.path))
        program.write_text(text.replace("TOLD", str(self.home.path.parent / "told")))
        program.chmod(0o755)

    @property
    def told(self) -> list[str]:
        told = self.home.path.parent / "told"
        return told.read_text().splitlines() if told.exists() else []

    def upgrade(self, *trouble: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", changer.__name__, "upgrade", str(self.home.path), str(self.made), *trouble]
        return subprocess.run(command, cwd=houses.TOP, capture_output=True, text=True, check=False)


@pytest.fixture(name="machine")
def _machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    home = Home(tmp_path / "home")
    made = upgradable.environment(tmp_path / "new", houses.NEW, home.data)
    upgradable.furnished(home, upgradable.environment(tmp_path / "old", upgradable.OLD, home.data))
    programs = tmp_path / "programs"
    programs.mkdir()
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    return Machine(home, made, programs)


SHOW = "show --property=ActiveState,ExecStart kallithea"


@pytest.mark.parametrize("whose", ["", "--user "])
def test_systemd_restarts_the_server_and_the_service_of_ssh(machine: Machine, whose: str) -> None:
    machine.runs("systemctl", f"{whose}{SHOW}")
    ended = machine.upgrade()
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert machine.told == [f"{whose}restart kallithea.service kallithea-ssh.service {NEW}"]
    assert "start it again with" not in ended.stdout


@pytest.mark.parametrize("whose", ["", "--user "])
def test_only_what_runs_is_restarted(machine: Machine, whose: str) -> None:
    machine.runs("systemctl", f"{whose}{SHOW}.service")
    assert machine.upgrade().returncode == 0
    assert machine.told == [f"{whose}restart kallithea.service {NEW}"]


@pytest.mark.parametrize("whose", ["", "--user "])
def test_a_restart_that_fails_brings_the_old_release_back_and_restarts_it(machine: Machine, whose: str) -> None:
    broken = f'case "$(readlink {machine.home.current_link})" in *new) echo "Job failed." >&2; exit 1;; esac'
    machine.runs("systemctl", f"{whose}{SHOW}.service", broken=broken)
    ended = machine.upgrade()
    assert ended.returncode == 3
    assert machine.told == [f"{whose}restart kallithea.service {NEW}", f"{whose}restart kallithea.service {OLD}"]
    assert "Job failed." in machine.home.log.read_text()


@pytest.mark.parametrize(("moment", "times"), [(Moment.BEFORE, 1), (Moment.DONE, 2), (Moment.NOTED, 1)])
def test_killed_beside_the_restart_it_is_done_by_the_next_run(machine: Machine, moment: Moment, times: int) -> None:
    machine.runs("systemctl", f"{SHOW}.service")
    assert machine.upgrade("kill", moment.name, "restart").returncode < 0
    ended = machine.upgrade()
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert machine.told == [f"restart kallithea.service {NEW}"] * times


@pytest.mark.parametrize(
    ("served", "state"), [("home-of-others", "active"), ("home", "inactive"), ("home", "deactivating"), ("home", "failed")]
)
def test_what_others_run_or_nobody_is_left_alone_and_one_is_told(machine: Machine, served: str, state: str) -> None:
    """Another home may have a name that begins as this one does."""
    machine.runs("systemctl", SHOW, served=str(machine.home.path.with_name(served)), state=state)
    ended = machine.upgrade()
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert machine.told == []
    assert "start it again with" in ended.stdout


@pytest.mark.parametrize("domain", ["system", f"gui/{os.getuid()}", f"user/{os.getuid()}"])
def test_launchd_restarts_a_daemon_or_an_agent(machine: Machine, monkeypatch: pytest.MonkeyPatch, domain: str) -> None:
    machine.runs("launchctl", f"print {domain}/")
    monkeypatch.setattr(sys, "platform", "darwin")
    command = services.restart_command(machine.home, None)
    assert command == ["launchctl", "kickstart", "-k", f"{domain}/org.kallithea-scm.server"]
    with (machine.home.path.parent / "log").open("w") as log:
        services.restart(command, machine.home, log)
    assert machine.told == [f"kickstart -k {domain}/org.kallithea-scm.server {OLD}"]


def test_launchd_has_no_service_of_this_home(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    machine.runs("launchctl", "print system/", served=str(machine.home.path.with_name("home-of-others")))
    monkeypatch.setattr(sys, "platform", "darwin")
    assert services.restart_command(machine.home, None) is None
