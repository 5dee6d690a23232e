"""What people try who want more than hg and git: each attack has its name."""

from __future__ import annotations

import os
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.clients.working_copies import run
from tests.ssh.host import Holder, SshHost

INJECTIONS = {
    "second command":            "git-upload-pack '{path}'; touch {mark}",
    "second command by newline": "git-upload-pack '{path}'\ntouch {mark}",
    "second command by and":     "git-upload-pack '{path}' && touch {mark}",
    "pipe":                      "git-upload-pack '{path}' | touch {mark}",
    "redirection":               "git-upload-pack '{path}' > {mark}",
    "substitution":              "git-upload-pack '$(touch {mark})'",
    "bare substitution":         "git-upload-pack $(touch {mark})",
    "backquotes":                "git-upload-pack `touch {mark}`",
    "quote that ends early":     "git-upload-pack '{path}'touch'{mark}'",
    "quote without an end":      "git-upload-pack '{path}",
    "double quotes":             'git-upload-pack "{path}"',
    "option of upload-pack":     "git-upload-pack --timeout=1 '{path}'",
    "option as a name":          "git-upload-pack '--upload-pack=touch {mark}'",
    "option of git":             "git --exec-path=/tmp upload-pack '{path}'",
    "git with a blank":          "git upload-pack '{path}'",
    "another service":           "git-upload-archive '{path}'",
    "git-shell":                 "git-shell -c 'touch {mark}'",
    "a way out":                 "git-upload-pack '../../../../../etc'",
    "an absolute path":          "git-upload-pack '{location}'",
    "a home":                    "git-upload-pack '~root/x'",
    "hg config":                 "hg --config alias.serve='!touch {mark}' -R {path} serve --stdio",
    "hg config at the end":      "hg -R {path} serve --stdio --config hooks.x='!touch {mark}'",
    "hg debugger as a name":     "hg -R --debugger serve --stdio",
    "hg option as a name":       "hg -R --config=alias.serve=!touch serve --stdio",
    "hg without stdio":          "hg -R {path} serve",
    "hg with hidden commits":    "hg -R {path} serve --stdio --hidden",
    "hg init":                   "hg init {path}-new",
    "hg clone":                  "hg clone {path} {mark}",
    "hg of two repositories":    "hg -R {path} -R /etc serve --stdio",
    "a shell":                   "sh -c 'touch {mark}'",
    "a program":                 "touch {mark}",
    "scp":                       "scp -t {mark}",
    "sftp":                      "/usr/lib/openssh/sftp-server",
    "rsync":                     "rsync --server . {mark}",
    "locale of the server":      "LC_ALL=C git-upload-pack '{path}'",
    "environment":               "env GIT_SSH=x git-upload-pack '{path}'",
    "leading blank":             " git-upload-pack '{path}'",
    "two blanks":                "git-upload-pack  '{path}'",
    "a tab":                     "git-upload-pack\t'{path}'",
    "control characters":        "git-upload-pack '{path}\x1b]0;evil\x07'",
    "a name that turns":         "git-upload-pack '\u202egnp.{path}'",
    "bytes that are no text":    "git-upload-pack '\udcff{path}'",
    "no name":                   "git-upload-pack ''",
    "only a slash":              "git-upload-pack '/'",
    "far too long":              "git-upload-pack '" + "x" * 100_000 + "'",
    "too long in the middle":    "git-upload-pack '{path}'" + " " * 9000 + "; touch {mark}",
}  # fmt: skip


@pytest.mark.parametrize("attack", INJECTIONS)
def test_a_command_is_refused_in_words_and_never_run(host: SshHost, alice: Holder, tmp_path: Path, attack: str) -> None:
    kind = "hg" if attack.startswith("hg") else "git"
    repository = host.server.repository(kind=kind, writers=[alice.person])
    mark = tmp_path / "mark"
    location = host.server.backend(repository).path
    command = INJECTIONS[attack].format(path=repository.path, mark=mark, location=location)

    outcome = alice.asks(command)

    assert outcome.status == 1, outcome.text
    assert 0 < len(outcome.text.splitlines()) <= 4, outcome.text
    assert "Traceback" not in outcome.text
    assert str(host.server.folder) not in outcome.text
    assert not mark.exists()
    assert outcome.text.isprintable() or set(outcome.text) >= {"\n"}


def test_a_terminal_is_refused(alice: Holder) -> None:
    outcome = alice.asks("tty", options=["-tt"])

    assert outcome.says("PTY allocation request failed")


def test_forwarding_of_ports_is_refused(host: SshHost, alice: Holder) -> None:
    outcome = alice.asks(options=["-o", "LogLevel=INFO", "-W", f"127.0.0.1:{host.port}"])

    assert not outcome.worked
    assert outcome.says("administratively prohibited")


def test_listening_for_others_is_refused(alice: Holder) -> None:
    outcome = alice.asks(options=["-o", "LogLevel=INFO", "-o", "ExitOnForwardFailure=yes", "-R", "0:127.0.0.1:1"])

    assert not outcome.worked
    assert outcome.says("remote port forwarding failed")


def test_forwarding_of_unix_sockets_is_refused(host: SshHost, alice: Holder) -> None:
    outcome = alice.asks(options=["-o", "LogLevel=INFO", "-W", f"[{host.socket}]:1"])

    assert not outcome.worked


def test_an_agent_is_not_taken_along(host: SshHost, alice: Holder, tmp_path: Path) -> None:
    place = str(tmp_path / "a")
    agent = subprocess.Popen(["ssh-agent", "-D", "-a", place], stdout=subprocess.DEVNULL)
    try:
        outcome = alice.asks(options=["-A", "-o", f"IdentityAgent={place}", "-v"])
    finally:
        agent.terminate()
        agent.wait()

    assert outcome.worked
    assert not any(path.name.startswith("ssh-") for path in Path("/tmp").glob("ssh-*/agent.*") if _is_of(path, host.sshd.pid))


def test_sftp_is_not_served(alice: Holder) -> None:
    outcome = run("sftp", "-F", str(alice.config), "kallithea", cwd=alice.host.folder)

    assert not outcome.worked


def test_variables_of_the_client_do_not_reach_git(host: SshHost, alice: Holder) -> None:
    repository = host.server.repository(kind="git", readers=[alice.person])
    options = ["-o", "SetEnv=GIT_CONFIG_COUNT=1 GIT_TRACE=1", "-o", "SendEnv=GIT_*"]
    outcome = run(
        *alice.ssh.split(), *options, "kallithea", f"git-upload-pack '{repository.path}'",
        cwd=host.folder, more={"GIT_TRACE": "1", "GIT_DIR": "/tmp"}, stdin=b"0000",
    )  # fmt: skip

    assert outcome.worked, outcome.text
    assert "trace" not in outcome.text


def test_a_protocol_that_is_none_does_not_reach_git(host: SshHost, alice: Holder) -> None:
    repository = host.server.repository(kind="git", readers=[alice.person])
    outcome = run(
        *alice.ssh.split(), "-o", "SendEnv=GIT_PROTOCOL", "kallithea", f"git-upload-pack '{repository.path}'",
        cwd=host.folder, more={"GIT_PROTOCOL": "version=2\n$(touch x)"}, stdin=b"0000",
    )  # fmt: skip

    assert outcome.worked
    assert "version 2" not in outcome.text


def test_the_socket_is_for_its_owner_alone(host: SshHost) -> None:
    assert stat.S_IMODE(host.socket.stat().st_mode) == 0o600


AS_NOBODY = """
import os, socket, sys
os.setgid(65534); os.setuid(65534)
service = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
try:
    service.connect(sys.argv[1])
    service.sendall(b"keys\\0" + sys.argv[2].encode())
    print(service.recv(1000))
except OSError as error:
    print(type(error).__name__)
"""


def test_another_user_learns_nothing_even_from_an_open_socket(host: SshHost, alice: Holder) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can become somebody else")
    open_place = Path(f"/tmp/kallithea-{os.getpid()}")
    open_place.unlink(missing_ok=True)
    # A link in a folder that everybody may enter, and a mode that lets everybody in: what is left is the look at the peer.
    os.link(host.socket, open_place)
    host.socket.chmod(0o666)
    try:
        words = [sys.executable, "-I", "-S", "-c", AS_NOBODY, str(open_place), alice.fingerprint]
        said = subprocess.run(["/usr/bin/python3", *words[1:]], capture_output=True, text=True, check=True).stdout
    finally:
        host.socket.chmod(0o600)
        open_place.unlink()

    assert said.strip() in ("b''", "ConnectionResetError", "BrokenPipeError")


@pytest.mark.parametrize(
    "message", [b"", b"serve", b"serve\0a\0b\0c\0d", b"keys", b"\0\0\0", b"x" * 50_000, b"keys\0" + b"x" * 900]
)
def test_nonsense_at_the_socket_is_no_harm(host: SshHost, alice: Holder, message: bytes) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as asking:
        asking.settimeout(30)
        asking.connect(str(host.socket))
        asking.sendall(message)
        asking.shutdown(socket.SHUT_WR)
        answer = asking.recv(1000)

    assert b"ssh-" not in answer
    assert alice.asks().worked


def _is_of(path: Path, pid: int) -> bool:
    return path.name == f"agent.{pid}"
