"""The self-check comes in through a real sshd, and finds what is wrong with one."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

from kallithea.selfcheck.checks import Result, Status
from kallithea.selfcheck.run import Wishes, run
from tests.ports import free_port
from tests.selfcheck.conftest import CHEAP
from tests.ssh.host import ME, SSHD, SshHost, _answers

WANTED = frozenset({"clients.git-push", "clients.hg-push", "clients.sshd"})


def checked(host: SshHost, *, port: int, url: bool = True) -> Result:
    """What the check of sshd says, of the running server or as it is before one runs."""
    settings = dataclasses.replace(host.settings, clone_ssh_tmpl=f"ssh://{ME}@127.0.0.1:{port}/{{repo}}")
    wishes = Wishes(url=host.server.address if url else "", passwords=CHEAP, only=WANTED)
    results = {result.check.name: result for result in run(settings, wishes)}
    assert {results[name].status for name in WANTED - {"clients.sshd"}} == {Status.OK}
    return results["clients.sshd"]


@contextmanager
def another_sshd(host: SshHost, *lines: str) -> Iterator[int]:
    """One that was not told of Kallithea; its port."""
    port = free_port()
    config = host.folder / f"sshd_config.{port}"
    common = ("PidFile none", "UsePAM no", "StrictModes no", "AuthorizedKeysFile none")
    config.write_text("\n".join((f"ListenAddress 127.0.0.1:{port}", f"HostKey {host.new_key()}", *common, *lines, "")))
    words = [SSHD, "-D", "-f", str(config), "-E", str(config.with_suffix(".log"))]
    with subprocess.Popen(words, env={"PATH": "/usr/bin:/bin"}) as started:
        try:
            until = time.monotonic() + 30
            while not _answers(port):
                assert time.monotonic() < until
                time.sleep(0.02)
            yield port
        finally:
            started.terminate()


def test_a_good_sshd(host: SshHost) -> None:
    for url in (True, False):
        found = checked(host, port=host.port, url=url)
        assert (found.status, found.said) == (Status.OK, f"by key, through sshd at 127.0.0.1:{host.port}; no shell")


def test_an_sshd_that_knows_nothing_of_kallithea(host: SshHost) -> None:
    with another_sshd(host) as port:
        found = checked(host, port=port)
    assert found.status is Status.FAILED
    assert "deployment-create ssh" in found.hint


def test_an_sshd_that_gives_a_shell(host: SshHost) -> None:
    """It takes the keys from Kallithea, and leaves away what it shall run for them."""
    os.chmod(host.folder, 0o755)  # noqa: PTH101
    with another_sshd(host, "AuthorizedKeysCommand /bin/echo %t %k", f"AuthorizedKeysCommandUser {ME}") as port:
        found = checked(host, port=port)
    assert found.status is Status.FAILED


def test_no_sshd(host: SshHost) -> None:
    port = free_port()
    assert checked(host, port=port).said == f"no sshd answers at 127.0.0.1:{port}"
    before = checked(host, port=port, url=False)
    assert (before.status, before.said) == (Status.NOT_CHECKED, f"no sshd answers at 127.0.0.1:{port} yet")


def test_no_service_behind_sshd(host: SshHost) -> None:
    with host.without_service():
        assert checked(host, port=host.port).said == f"nothing listens at {host.socket}"
        assert checked(host, port=host.port, url=False).status is Status.NOT_CHECKED
