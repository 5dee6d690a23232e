"""What a connection over SSH costs beside the plain programs: `python -m benchmarks.ssh_start [--rounds 30]`.

Through one sshd, three ways take turns: nothing at all (`true`), the plain `git-upload-pack` or `hg serve --stdio`,
and Kallithea. Shown are medians in milliseconds; the difference to the plain program is what Kallithea adds to
each clone, fetch or push.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests import databases
from tests.clients.working_copies import HG
from tests.ssh.host import ME, Holder, SshHost, ssh_host

HG_HANDSHAKE = b"hello\nbetween\npairs 81\n" + b"0" * 40 + b"-" + b"0" * 40 + b"\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=30)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory(prefix="kallithea-ssh-") as folder:
        place = Path(folder) / "i"
        place.mkdir()
        with ssh_host(place) as host:
            measure(host, rounds)
    databases.end_of_run()


def measure(host: SshHost, rounds: int) -> None:
    alice = host.person()
    plain = plain_key(host)
    print(f"{'':8} {'nothing':>9} {'plain':>9} {'Kallithea':>9} {'added':>9}   medians of {rounds}, ms")
    for kind in ("git", "hg"):
        repository = host.server.repository(kind=kind, writers=[alice.person] if alice.person else [])
        work = alice.clone(repository).commit("hello.txt")
        assert work.push().worked
        path = host.server.backend(repository).path
        commands = {
            "git": (f"git-upload-pack '{path}'", f"git-upload-pack '{repository.path}'", b"0000"),
            "hg": (f"{HG} -R '{path}' serve --stdio", f"hg -R {repository.path} serve --stdio", HG_HANDSHAKE),
        }
        by_hand, served, said = commands[kind]
        ways = {"nothing": (plain, "true", b""), "plain": (plain, by_hand, said), "Kallithea": (alice, served, said)}
        times: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(rounds):
            for name, (holder, command, stdin) in ways.items():
                times[name].append(seconds(holder, command, stdin))
        nothing, alone, ours = (1000 * statistics.median(times[name]) for name in ways)
        print(f"{kind:8} {nothing:9.0f} {alone:9.0f} {ours:9.0f} {ours - alone:+9.0f}")


def plain_key(host: SshHost) -> Holder:
    """A key of the same sshd that may run anything, for comparison."""
    holder = host.stranger()
    config = host.folder / "sshd_config"
    keys = host.folder / "plain_keys"
    keys.write_text(holder.public_key)
    config.write_text(config.read_text().replace("AuthorizedKeysFile none", f"AuthorizedKeysFile {keys}"))
    host.sshd.terminate()
    host.sshd.wait()
    host.restart_sshd()
    return holder


def seconds(holder: Holder, command: str, stdin: bytes) -> float:
    began = time.perf_counter()
    done = subprocess.run(
        [*holder.ssh.split(), "kallithea", command], input=stdin, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False
    )
    took = time.perf_counter() - began
    assert done.returncode == 0, (ME, command, done.stderr)
    return took


if __name__ == "__main__":
    sys.exit(main())
