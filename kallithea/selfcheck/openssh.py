"""Whether the real sshd of an instance lets people in: with a key of this run, which goes with its folder."""

from __future__ import annotations

import re
import shlex
import shutil
import socket
from pathlib import Path
from urllib.parse import quote, urlsplit

from kallithea.config.ssh import address_template
from kallithea.selfcheck.checks import Registry
from kallithea.selfcheck.clients import PAGE, PUSHES
from kallithea.selfcheck.outcomes import Failed, NotChecked
from kallithea.selfcheck.programs import Ended
from kallithea.selfcheck.world import World

REGISTRY = Registry()
PATIENCE = 10.0
HINT = "kallithea-cli deployment-create ssh writes what sshd needs; its log says why a key was refused."


@REGISTRY.check("clients.sshd", "over SSH, through sshd", after=[*PUSHES, "clients.git-ssh", "clients.hg-ssh"])
def sshd(world: World) -> str:
    """Clone with a key, and be refused with another one, and when a shell is asked for."""
    if not world.settings.ssh_enabled:
        raise NotChecked("ssh_enabled is false")
    kinds, address = world.pushed, _address(world)
    _look_for_service(world)
    host, port = _look_for_sshd(world, address)
    stranger, key = _new_key(world, "stranger"), _new_key(world, "own")
    world.props.add_key(Path(f"{key}.pub").read_text(encoding="ascii"))
    for kind in kinds:
        url = address.replace("{repo}", quote(world.paths[kind], safe="/~"))
        ended = _clone(world, kind, url, stranger, f"{kind}-sshd-stranger")
        if ended.worked:
            raise Failed("sshd lets a key in that nobody has", hint="Stop ssh-serve and report this: it is a hole.")
        ended = _clone(world, kind, url, key, f"{kind}-sshd")
        if not ended.worked:
            raise Failed(f"{kind}: {ended.last_words}", hint=HINT)
        if not (world.work(f"{kind}-sshd") / PAGE).is_file():
            raise Failed(f"{kind}: a clone over SSH has not what was pushed", hint=HINT)
    _ask_for_a_shell(world, address, key)
    return f"by key, through sshd at {host}:{port}; no shell"


def _address(world: World) -> str:
    """How pages write addresses, with {repo} left in it."""
    template = address_template(world.settings)
    if not template.startswith("ssh://"):
        raise NotChecked("clone_ssh_tmpl does not begin with ssh://, so hg cannot use it")
    if "{repoid}" in template:
        raise NotChecked("clone_ssh_tmpl has the number of a repository in place of its path")
    # A server of this process is at an address of its own, and sshd is not.
    site = world.settings.canonical_url or (world.web.site if world.is_running else "")
    host = urlsplit(site).hostname or "localhost"
    return template.replace("{hostname}", f"[{host}]" if ":" in host else host)


def _look_for_service(world: World) -> None:
    place = world.settings.ssh_place
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as asking:
        asking.settimeout(PATIENCE)
        try:
            asking.connect(str(place))
        except OSError as error:
            said = f"nothing listens at {place}"
            if world.is_running:
                raise Failed(said, hint="Start kallithea-cli ssh-serve.") from error
            raise NotChecked(f"{said} yet, as ssh-serve does not run") from error


def _look_for_sshd(world: World, address: str) -> tuple[str, int]:
    if not (shutil.which("ssh") and shutil.which("ssh-keygen")):
        raise NotChecked("there is no ssh program on this machine")
    parts = urlsplit(address)
    host, port = parts.hostname or "localhost", parts.port or 22
    try:
        with socket.create_connection((host, port), timeout=PATIENCE) as asking:
            asking.settimeout(PATIENCE)
            is_there = asking.recv(4) == b"SSH-"
    except OSError:
        is_there = False
    if not is_there:
        said = f"no sshd answers at {host}:{port}"
        if world.is_running:
            raise Failed(said, hint="Start sshd, or set clone_ssh_tmpl to where it is.")
        raise NotChecked(f"{said} yet")
    return host, port


def _new_key(world: World, name: str) -> Path:
    path = world.work(f"{name}-key")
    words = ("-q", "-t", "ed25519", "-N", "", "-C", "self-check", "-f", str(path))
    ended = world.programs.run_program(shutil.which("ssh-keygen") or "ssh-keygen", *words, cwd=world.folder)
    if not ended.worked:
        raise NotChecked(f"no key could be made: {ended.last_words}")
    return path


def _ssh(world: World, key: Path) -> list[str]:
    """ssh with this key and nothing else of this machine. Of the host nothing is asked: it gets no secret."""
    settings = {
        "BatchMode": "yes",
        "ConnectTimeout": f"{PATIENCE:.0f}",
        "IdentitiesOnly": "yes",
        "IdentityAgent": "none",
        "LogLevel": "ERROR",
        "StrictHostKeyChecking": "no",
        "UserKnownHostsFile": str(world.work("known-hosts")),
    }
    options = [word for name, value in settings.items() for word in ("-o", f"{name}={value}")]
    return ["ssh", "-F", "none", "-i", str(key), *options]


def _clone(world: World, kind: str, url: str, key: Path, name: str) -> Ended:
    line = shlex.join(_ssh(world, key))
    config = world.work(f"{key.name}.hgrc")
    config.write_text(f"[ui]\nssh = {line}\n", encoding="utf-8")
    more = {"GIT_SSH_COMMAND": line, "GIT_SSH_VARIANT": "ssh", "HGRCPATH": str(config)}
    return world.programs.run(kind, "clone", "-q", url, str(world.work(name)), cwd=world.folder, more=more)


def _ask_for_a_shell(world: World, address: str, key: Path) -> None:
    parts = urlsplit(address)
    person = f"{parts.username}@{parts.hostname}" if parts.username else str(parts.hostname)
    _, *words = _ssh(world, key)
    asked = [*words, "-p", str(parts.port or 22), "--", person, "echo", "a", "shell"]
    ended = world.programs.run_program(shutil.which("ssh") or "ssh", *asked, cwd=world.folder)
    if ended.worked or re.search(r"^a shell$", ended.text, re.MULTILINE):
        raise Failed("a key of an account opens a shell", hint="Have sshd run nothing but Kallithea for this user. " + HINT)
