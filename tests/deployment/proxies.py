"""Proxies in front of a real server, started with what deployment-create writes; only addresses and files differ."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.clients.server import CHECKOUT, Server
from tests.deployment.servers import (
    COMMANDS,
    Instance,
    end,
    instance,
    program,
    run_cli,
    running,
    self_signed,
    wait_until_open,
)
from tests.deployment.story import Story, Visitor
from tests.ports import free_port

HOST = "127.0.0.1"
NAME = "localhost"
"""hg finds no IP addresses in certificates."""


@dataclass(frozen=True)
class Place:
    """What a proxy is started with: its folder, where it listens, and the file that deployment-create wrote."""

    folder: Path
    port: int
    configuration: Path


Start = Callable[[Place], Sequence[str]]
"""Writes what the program needs besides, and gives the command that runs it in the foreground."""


def written(made: Instance, program_name: str, output: Path, *arguments: str) -> Path:
    """The configuration that deployment-create writes for the instance."""
    run_cli("deployment-create", program_name, "-c", str(made.ini), "--output", str(output), *arguments)
    return output


@contextmanager
def behind(
    folder: Path,
    program_name: str,
    start: Start,
    *arguments: str,
    http_server: str = "waitress",
    prefix: str = "",
    https: bool = False,
    one_file: bool = False,
    uwsgi_protocol: bool = False,
) -> Iterator[Server]:
    """A site in an empty folder, served by `http_server` behind a proxy; `one_file` is for a certificate with its key in it.

    `uwsgi_protocol` makes uWSGI speak its own protocol with the proxy.
    """
    backend, port = free_port(), free_port()
    scheme = "https" if https else "http"
    url = f"{scheme}://{NAME}:{port}{prefix}"
    settings = (
        f"http_server={http_server}",
        f"port={backend}",
        f"canonical_url={url}",
        "trusted_proxies=127.0.0.1",
        "hg_helpers=1",
    )
    with ExitStack() as stack:
        made = stack.enter_context(instance(folder, *settings))
        if uwsgi_protocol:
            made.ini.write_text(made.ini.read_text().replace("\nhttp-socket = ", "\nsocket = "))
        place = made.folder / "proxy"
        place.mkdir(mode=0o755)
        tls: tuple[str, ...] = ()
        authorities = None
        if https:
            authorities, key = self_signed(place)
            tls = ("--redirect-port", "0", "--certificate", str(_joined(authorities, key) if one_file else authorities))
            tls += () if one_file else ("--key", str(key))
        listening = ("--listen", HOST, "--port", str(port))
        written(made, program_name, place / "kallithea.conf", *listening, *tls, *arguments)
        stack.enter_context(_serving(made, COMMANDS[http_server], f"{HOST}:{backend}"))
        command = start(Place(place, port, place / "kallithea.conf"))
        server = running(made, command, f"{NAME}:{port}", scheme=scheme, prefix=prefix, authorities=authorities)
        yield stack.enter_context(server)


@contextmanager
def _serving(made: Instance, command: Sequence[str], authority: str) -> Iterator[None]:
    """Kallithea's own server."""
    with made.log.open("ab") as log:
        process = subprocess.Popen(
            [program(command[0]), *command[1:]],
            cwd=made.folder,
            env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    try:
        wait_until_open(authority, process, made.log)
        yield
    finally:
        end(process)


def _joined(certificate: Path, key: Path) -> Path:
    both = certificate.with_name("both.pem")
    both.write_text(certificate.read_text() + key.read_text())
    return both


class InFront(Story):
    """The story, and what has to hold for every program that visitors talk to first."""

    commits = 2000
    """So many that hg asks about at once make 82 headers of 1 KiB."""

    def test_what_strangers_say_of_themselves_does_not_count(self, server: Server) -> None:
        said = {
            "X-Forwarded-For": "192.0.2.66",
            "X-Forwarded-Proto": "https" if server.scheme == "http" else "http",
            "X-Forwarded-Host": "evil.example",
            "X-Forwarded-Port": "666",
            "X-Forwarded-Prefix": "/evil",
            "Forwarded": "for=192.0.2.66;host=evil.example;proto=https",
        }
        visitor = Visitor(server, headers=said)

        answer = visitor.sign_in(server.user())

        assert answer.status == 303, answer.body
        told = f"{answer.headers} {visitor.get('/').body.decode()}"
        assert "evil" not in told
        assert "666" not in answer.headers["location"]
        cookie = visitor.set_cookies[server.app.settings.session_key]
        assert (cookie["path"], bool(cookie["secure"])) == (server.prefix or "/", server.scheme == "https")
        assert "192.0.2.66" not in server.log()

    def test_a_command_of_hg_may_have_many_arguments(self, server: Server) -> None:
        repository = server.repository(kind="hg", public=True)
        nodes = "nodes=" + "+".join(f"{number:040x}" for number in range(1, self.commits + 1))
        parts = [nodes[begin : begin + 1000] for begin in range(0, len(nodes), 1000)]
        headers = {f"X-HgArg-{number}": part for number, part in enumerate(parts, 1)}

        answer = Visitor(server, headers=headers).get(f"/{repository.path}?cmd=known")

        assert (answer.status, answer.body) == (200, b"0" * self.commits)
