"""An instance behind a real sshd: OpenSSH on a free port, the SSH service, people and programs with keys."""

from __future__ import annotations

import getpass
import itertools
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from kallithea.config import inifile
from kallithea.config.deployment import openssh
from kallithea.config.deployment.wishes import instance_of
from kallithea.config.ssh import forced_command
from kallithea.lib.access import Access
from tests.clients import process
from tests.clients.server import CHECKOUT, Hosted, Person, Server, serving
from tests.clients.working_copies import Outcome, Work, clone, run
from tests.ports import free_port

ME = getpass.getuser()
SSHD = shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin:/sbin") or "sshd"
PATIENCE = 60
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Holder:
    """Whoever has a key: a person of the instance, a program, or nobody that is known there."""

    host: SshHost
    key: Path
    name: str = ""
    person: Person | None = None
    options: Sequence[str] = field(default=())

    @property
    def public_key(self) -> str:
        return self.key.with_suffix(".pub").read_text()

    @property
    def fingerprint(self) -> str:
        said = subprocess.run(["ssh-keygen", "-lf", str(self.key)], capture_output=True, text=True, check=True)
        return said.stdout.split()[1]

    def url(self, repository: Hosted | str) -> str:
        path = repository if isinstance(repository, str) else repository.path
        return f"ssh://kallithea/{path}"

    @property
    def ssh(self) -> str:
        """The command line that clients are told to use."""
        return " ".join(["ssh", "-F", str(self.config), *self.options])

    @property
    def config(self) -> Path:
        """What ssh has to know to come in with this key and with no other."""
        path = self.key.with_suffix(".config")
        lines = {
            "HostName": "127.0.0.1",
            "Port": self.host.port,
            "User": ME,
            "IdentityFile": self.key,
            "IdentitiesOnly": "yes",
            "IdentityAgent": "none",
            "StrictHostKeyChecking": "yes",
            "UserKnownHostsFile": self.host.folder / "known_hosts",
            "BatchMode": "yes",
            "LogLevel": "ERROR",
        }
        path.write_text("Host kallithea\n" + "".join(f"  {name} {value}\n" for name, value in lines.items()))
        return path

    @property
    def more(self) -> dict[str, str]:
        """What git and hg have to know."""
        settings = self.key.with_suffix(".hgrc")
        settings.write_text(f"[ui]\nssh = {self.ssh}\n")
        return {"GIT_SSH_COMMAND": self.ssh, "HGRCPATH": str(settings)}

    def clone(self, repository: Hosted, *arguments: str, path: str | None = None) -> Work:
        """A working copy of a repository that this key opens."""
        outcome, work = self._clone(repository.kind, path or repository, arguments)
        assert outcome.worked, outcome.text
        return work

    def tries_to_clone(self, repository: Hosted | str, *arguments: str, kind: str | None = None) -> Outcome:
        known = kind or (repository.kind if isinstance(repository, Hosted) else "git")
        return self._clone(known, repository, arguments)[0]

    def asks(self, *command: str, options: Sequence[str] = (), stdin: bytes = b"") -> Outcome:
        """Plain `ssh host command`: how it ended, and all that was printed."""
        words = ["ssh", "-F", str(self.config), *self.options, *options, "kallithea", *command]
        return run(*words, cwd=self.host.folder, stdin=stdin)

    def _clone(self, kind: str, repository: Hosted | str, arguments: Sequence[str]) -> tuple[Outcome, Work]:
        return clone(kind, self.url(repository), self.host.server.new_folder(), *arguments, more=self.more)


class SshHost:
    """The instance; `server` is the same one over HTTP, and its factories."""

    def __init__(self, server: Server, *, keeps_file: bool) -> None:
        self.server = server
        self.folder = server.folder / "ssh"
        self.folder.mkdir()
        self.port = free_port()
        self.authorized_keys = self.folder / "authorized_keys" if keeps_file else None
        self.ini = self._written_ini()
        self.settings = inifile.load(self.ini).settings()
        self._log = (self.folder / "service.log").open("wb")
        self.service = self.start_service()
        self.sshd = self._start_sshd()

    @property
    def socket(self) -> Path:
        return self.settings.ssh_place

    def log(self) -> str:
        return (self.folder / "service.log").read_text()

    # --- people and keys

    def new_key(self, kind: str = "ed25519", *options: str) -> Path:
        path = self.folder / f"key{next(_numbers)}"
        subprocess.run(["ssh-keygen", "-q", "-N", "", "-C", path.name, "-f", str(path), "-t", kind, *options], check=True)
        return path

    def person(self, kind: str = "ed25519", *options: str) -> Holder:
        """Somebody with an account and a key."""
        person = self.server.user()
        holder = Holder(self, self.new_key(kind, *options), person.name, person)
        with self.server.app.system_scope() as scope:
            scope.ssh_keys.add(scope.accounts.by_name(person.name), holder.public_key)
        self.keys_changed()
        return holder

    def deployment(self, repository: Hosted, access: Access) -> Holder:
        """A program with a deploy key."""
        holder = Holder(self, self.new_key(), "deployment")
        with self.server.app.system_scope() as scope:
            grant = scope.access.administer_repository(scope.access.locate_path(repository.path))
            scope.ssh_keys.add_to_repository(grant, holder.public_key, name="robot", access=access)
        self.keys_changed()
        return holder

    def stranger(self) -> Holder:
        """A key that nobody knows."""
        return Holder(self, self.new_key())

    def remove_key(self, holder: Holder) -> None:
        with self.server.app.system_scope() as scope:
            scope.ssh_keys.remove(scope.accounts.by_name(holder.name), holder.fingerprint)

    def keys_changed(self) -> None:
        """The process of the tests keeps no file of keys; the command does."""
        if self.authorized_keys:
            self.cli("ssh-update-authorized-keys", "-c", str(self.ini))

    def cli(self, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-c", "from kallithea.cli import main; main()", *arguments],
            cwd=CHECKOUT,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    # --- processes

    def start_service(self) -> subprocess.Popen[bytes]:
        started = subprocess.Popen(
            [sys.executable, "-c", "from kallithea.cli import main; main()", "ssh-serve", "-c", str(self.ini)],
            cwd=CHECKOUT,
            stdout=self._log,
            stderr=self._log,
        )
        until = time.monotonic() + PATIENCE
        while not _listens(self.socket):
            assert started.poll() is None, self.log()
            assert time.monotonic() < until, self.log()
            time.sleep(0.02)
        return started

    def kill_service(self) -> None:
        """End it as a power cut does, and start it again."""
        self.service.kill()
        self.service.wait()
        self.service = self.start_service()

    def stop(self) -> None:
        for each in (self.sshd, self.service):
            each.terminate()
        for each in (self.sshd, self.service):
            each.wait(PATIENCE)
        self._log.close()

    @contextmanager
    def without_service(self) -> Iterator[None]:
        self.service.send_signal(signal.SIGTERM)
        self.service.wait(PATIENCE)
        try:
            yield
        finally:
            self.service = self.start_service()

    def _written_ini(self) -> Path:
        path = self.server.folder / "my.ini"
        settings = process.settings(self.server.folder)
        values = {
            "title": settings.title,
            "repos_path": settings.repos_path,
            "cache_dir": settings.cache_dir,
            "sqlalchemy.url": settings.sqlalchemy_url,
            "session.secret": settings.session_secret,
            "pause_patience": settings.pause_patience,
            "ssh_enabled": "true",
            # Beside nothing: the folders of tests have long names.
            "ssh_socket": self.folder / "s",
            "ssh_authorized_keys": self.authorized_keys or "",
        }
        lines = [f"{name} = {value}".replace("%", "%%") for name, value in values.items()]
        path.write_text("\n".join(["[app:main]", "use = egg:kallithea", *lines, ""]))
        return path

    def _start_sshd(self) -> subprocess.Popen[bytes]:
        host_key = self.new_key()
        words = host_key.with_suffix(".pub").read_text().split()[:2]
        (self.folder / "known_hosts").write_text(f"[127.0.0.1]:{self.port} {' '.join(words)}\n")
        config = self.folder / "sshd_config"
        config.write_text(self.sshd_config(host_key))
        if os.geteuid() == 0:
            Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # as the package's own service does
        subprocess.run([SSHD, "-t", "-f", str(config)], check=True)
        return self._sshd_started(config)

    def restart_sshd(self) -> None:
        """With the configuration as it is now."""
        self.sshd = self._sshd_started(self.folder / "sshd_config")

    def _sshd_started(self, config: Path) -> subprocess.Popen[bytes]:
        # Nothing of the environment of the tests, as when the system starts it.
        started = subprocess.Popen(
            [SSHD, "-D", "-f", str(config), "-E", str(self.folder / "sshd.log")], env={"PATH": "/usr/bin:/bin"}
        )
        until = time.monotonic() + PATIENCE
        while not _answers(self.port):
            assert started.poll() is None, (self.folder / "sshd.log").read_text()
            assert time.monotonic() < until
            time.sleep(0.02)
        return started

    def sshd_config(self, host_key: Path) -> str:
        """The least that sshd needs to run for us, and what Kallithea writes for it."""
        made = openssh.deployment(
            instance_of(self.ini),
            command=forced_command(self.settings),
            key_file=self.authorized_keys,
            user=ME,
            group=ME,
            python_home=Path(sys.prefix),
        )
        lines = (
            f"ListenAddress 127.0.0.1:{self.port}",
            f"HostKey {host_key}",
            "PidFile none",
            "UsePAM no",
            "StrictModes no",  # the folders of tests lie below one that everybody may write to
            "LogLevel VERBOSE",
            "MaxStartups 100",
        )
        return "\n".join([*lines, made.files[0].text])


@contextmanager
def ssh_host(folder: Path, *, keeps_file: bool = False) -> Iterator[SshHost]:
    """An instance in an empty folder, served over HTTP and SSH."""
    with ExitStack() as stack:
        host = SshHost(stack.enter_context(serving(folder)), keeps_file=keeps_file)
        stack.callback(host.stop)
        yield host


def _listens(place: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as asking:
        try:
            asking.connect(str(place))
        except OSError:
            return False
    return True


def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as asking:
            return asking.recv(4) == b"SSH-"
    except OSError:
        return False
