"""OpenSSH in front of Kallithea: what sshd has to know, and the service that it hands its clients to."""

from __future__ import annotations

from pathlib import Path

from kallithea.config.deployment.rendering import rendered
from kallithea.config.deployment.site import Deployment, File, Instance
from kallithea.config.deployment.systemd import sandbox
from kallithea.config.stopping import GRACE
from kallithea.lib.authorized_keys import ForcedCommand

SSHD_FOLDER = Path("/etc/ssh/sshd_config.d")
SERVICE, SOCKET = "kallithea-ssh.service", "kallithea-ssh.socket"


def deployment(
    instance: Instance, *, command: ForcedCommand, key_file: Path | None, user: str, group: str, python_home: Path
) -> Deployment:
    """The part of sshd's configuration for one user, and the units of the service.

    sshd asks for each key; with a `key_file` it reads that instead.
    """
    steps = (
        f"give {user} a shell (usermod --shell /bin/sh {user}): sshd starts the one command with it",
        f"save this as {SSHD_FOLDER}/kallithea.conf, the others as /etc/systemd/system/{SERVICE} and {SOCKET}",
        f"systemctl daemon-reload && systemctl enable --now {SOCKET} {SERVICE}",
        "sshd -t && systemctl reload ssh",
    )
    facts = {"instance": instance, "command": command, "user": user, "group": group, "python_home": python_home}
    sshd = rendered("sshd.conf", steps=steps, key_file=key_file, **facts)
    also_written = {path.parent for path in (command.socket, key_file) if path}
    service = rendered(SERVICE, grace=int(GRACE), **facts, **sandbox(instance, python_home, also_written=also_written))
    files = (File(Path("kallithea.conf"), sshd), File(Path(SERVICE), service), File(Path(SOCKET), rendered(SOCKET, **facts)))
    return Deployment(files, steps)
