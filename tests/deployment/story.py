"""The same story for every server and proxy: what people do with a site, through the real server.

A test module derives from Story and gives a fixture `server`:

    class TestWaitress(Story):
        @pytest.fixture(name="server", scope="class")
        @classmethod
        def _server(cls, tmp_path_factory): ...
"""

from __future__ import annotations

import hashlib
import http.cookies
import os
import random
import re
import socket
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest

from kallithea.pages.site import CSRF_FIELD
from tests.clients.server import Answer, Hosted, Person, Server
from tests.clients.working_copies import Work
from tests.deployment.servers import forget_memory_peaks, memory_peaks, workers

MB = 1 << 20
FULL = os.environ.get("KALLITHEA_FULL_SIZE", "") not in {"", "0"}
"""Whether transfers have the sizes that are promised; in every test run they are smaller, and the same otherwise."""

HISTORY = (200 if FULL else 6) * MB
"""Bytes that are pushed and cloned."""
RAW_FILE = (50 if FULL else 5) * MB
ONE_BODY = (1024 if FULL else 64) * MB
"""Bytes of the one body that passes in constant memory."""
SPARE = 40 * MB
"""Bytes that a worker may need more while it passes."""
PART = 3 * MB
"""Bytes of one file; hg keeps a few copies of a file in memory, on both sides."""

kinds = pytest.mark.parametrize("kind", ["git", "hg"])


def until(condition: Callable[[], object], *, patience: float = 120.0, what: str = "it did not happen") -> None:
    """Wait for something that is about to become true."""
    last = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < last, what
        time.sleep(0.05)


@dataclass
class Visitor:
    """A browser without scripts: cookies, forms, no redirects that it was not told to follow."""

    server: Server
    cookies: dict[str, str] = field(default_factory=dict)
    set_cookies: dict[str, http.cookies.Morsel[str]] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)

    def get(self, path: str) -> Answer:
        """The answer for a path below the site."""
        return self._request("GET", self.server.prefix + path)

    def post(self, path: str, fields: Mapping[str, str]) -> Answer:
        """Send the form of the page at `path` to it, as a browser does."""
        page = self.get(path).body.decode()
        token = re.search(rf'name="{CSRF_FIELD}" value="([^"]+)"', page)
        assert token, page
        parts = urlsplit(self.server.address)
        return self._request(
            "POST",
            self.server.prefix + path,
            {"Content-Type": "application/x-www-form-urlencoded", "Origin": f"{parts.scheme}://{parts.netloc}"},
            urlencode({CSRF_FIELD: token[1], **fields}).encode(),
        )

    def sign_in(self, person: Person) -> Answer:
        return self.post("/_admin/login", {"username": person.name, "password": person.password})

    def _request(self, method: str, target: str, headers: Mapping[str, str] | None = None, body: bytes | None = None) -> Answer:
        sent = {**self.headers, **(headers or {})}
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        connection = self.server.connection()
        try:
            connection.request(method, target, body=body, headers=sent)
            response = connection.getresponse()
            found = {name.lower(): value for name, value in response.getheaders()}
            for line in response.headers.get_all("Set-Cookie") or ():
                for name, morsel in http.cookies.SimpleCookie(line).items():
                    self.cookies[name], self.set_cookies[name] = morsel.value, morsel
            return Answer(response.status, response.reason, found, response.read())
        finally:
            connection.close()


class Use:
    """What people do."""

    @pytest.fixture(name="alice")
    def _alice(self, server: Server) -> Person:
        return server.user()

    def test_a_person_signs_in_by_the_form(self, server: Server, alice: Person) -> None:
        visitor = Visitor(server)

        answer = visitor.sign_in(alice)

        assert answer.status == 303, answer.body
        assert visitor.get("/_admin/my_account").status == 200

    def test_cookies_are_for_this_site_alone(self, server: Server, alice: Person) -> None:
        visitor = Visitor(server)

        visitor.sign_in(alice)

        cookie = visitor.set_cookies[server.app.settings.session_key]
        assert (cookie["path"], bool(cookie["secure"]), bool(cookie["httponly"])) == (
            server.prefix or "/",
            server.scheme == "https",
            True,
        )

    def test_redirects_lead_to_where_the_visitor_is(self, server: Server, alice: Person) -> None:
        answer = Visitor(server).sign_in(alice)

        location = answer.headers["location"]
        assert location.startswith((f"{server.address}/", f"{server.prefix}/")), location
        assert Visitor(server)._request("GET", urlsplit(location).path or "/").status == 200

    @kinds
    def test_a_repository_is_created_by_the_form_and_shows_its_address(self, server: Server, alice: Person, kind: str) -> None:
        visitor = Visitor(server)
        visitor.sign_in(alice)
        name = f"{alice.name}-{kind}"

        answer = visitor.post("/_admin/create_repository", {"repo_name": name, "repo_type": kind})

        assert answer.status == 303, answer.body
        assert f'"{server.address}/{name}"' in visitor.get(f"/{name}").body.decode()

    @kinds
    def test_what_is_pushed_is_cloned(self, server: Server, alice: Person, kind: str, parts: tuple[bytes, ...]) -> None:
        repository = server.repository(kind=kind, writers=[alice])
        work = with_files(alice.clone(repository), parts)

        outcome = work.push()

        assert outcome.worked, outcome.text
        second = alice.clone(repository)
        assert [(second.folder / f"{number}.bin").read_bytes() == part for number, part in enumerate(parts)] == [True] * len(
            parts
        )
        assert second.heads() == [work.tip()]
        assert [len(push.updates) for push in server.pushes(repository)] == [1]

    def test_git_makes_a_shallow_clone(self, server: Server, alice: Person) -> None:
        repository = server.repository(kind="git", writers=[alice])
        assert alice.clone(repository).commit("one.txt").commit("two.txt").push().worked

        shallow = alice.clone(repository, "--depth", "1")

        assert shallow.runs("rev-list", "--count", "HEAD").strip() == "1"

    @kinds
    def test_a_wrong_password_is_refused_and_said(self, server: Server, alice: Person, kind: str) -> None:
        repository = server.repository(kind=kind, readers=[alice])

        outcome = replace(alice, password="wrong horse").tries_to_clone(repository)

        assert not outcome.worked
        assert outcome.says({"git": "Authentication failed", "hg": "authorization failed"}[kind]), outcome.text


class Transfers:
    """What is large, and what is broken off."""

    def test_a_large_file_is_downloaded(self, server: Server, alice: Person, parts: tuple[bytes, ...]) -> None:
        repository = server.repository(kind="git", writers=[alice], public=True)
        content = (b"".join(parts) * (RAW_FILE // len(b"".join(parts)) + 1))[:RAW_FILE]
        assert light(alice.clone(repository)).commit("large.bin", content).push().worked

        answer = Visitor(server).get(f"/{repository.path}/raw/main/large.bin")

        assert answer.status == 200
        assert hashlib.sha256(answer.body).digest() == hashlib.sha256(content).digest()

    @kinds
    def test_a_large_push_without_the_right_to_it_is_refused_and_said(self, server: Server, alice: Person, kind: str) -> None:
        repository = server.repository(kind=kind, readers=[alice])
        work = light(alice.clone(repository)).commit("large.bin", random.Random(7).randbytes(6 * MB))

        outcome = work.push()

        assert not outcome.worked
        assert outcome.says("403") or outcome.says("Forbidden") or outcome.says("may not"), outcome.text

    @kinds
    def test_a_client_that_goes_away_in_a_push_leaves_no_lock(self, server: Server, alice: Person, kind: str) -> None:
        repository = server.repository(kind=kind, writers=[alice])
        work = alice.clone(repository).commit("hello.txt", "line\n" * 100_000)
        target, content_type, body = push_request(work, repository, kind)

        with raw_connection(server) as connection:
            connection.sendall(request_head(server, alice, target, content_type, len(body)) + body[: len(body) * 2 // 3])

        outcome = work.push()
        assert outcome.worked, outcome.text
        assert len(server.pushes(repository)) == 1

    def test_a_client_that_goes_away_in_a_clone_leaves_the_server_well(self, server: Server, alice: Person) -> None:
        repository = server.repository(kind="git", writers=[alice], public=True)
        work = light(alice.clone(repository)).commit("large.bin", random.Random(5).randbytes(6 * MB))
        assert work.push().worked
        want = wanted(work)
        content_type = "application/x-git-upload-pack-request"

        with raw_connection(server) as connection:
            target = f"/{repository.path}/git-upload-pack"
            connection.sendall(request_head(server, alice, target, content_type, len(want)) + want)
            begun = connection.recv(1000)

        assert begun
        assert alice.clone(repository).tip() == work.tip()

    def test_one_large_body_passes_in_constant_memory_in_both_directions(
        self, server: Server, alice: Person, one_pack: tuple[bytes, Path]
    ) -> None:
        head, pack = one_pack
        repository = server.repository(kind="git", writers=[alice])
        assert alice.clone(repository).commit("first.txt").push("origin", "HEAD:refs/heads/other").worked
        alice.clone(server.repository(kind="hg", writers=[alice]))  # a job may open one at any time, and that loads Mercurial
        pids = workers(server)
        forget_memory_peaks(pids)
        before = memory_peaks(pids)

        sent = send_pack(server, alice, repository, head, pack)
        received = fetch_all(server, alice, repository, head[45:85])

        assert b"unpack ok" in sent.body, sent
        assert received > ONE_BODY
        after = memory_peaks([pid for pid in pids if pid in workers(server)])
        assert {pid: (peak - before[pid]) // MB for pid, peak in after.items() if peak - before[pid] > SPARE} == {}


class Story(Transfers, Use):
    """What has to work behind every server.

    A class that says `again` is for what passes elsewhere in the same way: its transfers are tried at full size alone.
    """

    def __init_subclass__(cls, *, again: bool = False) -> None:
        super().__init_subclass__()
        for name in vars(Transfers) if again and not FULL else ():
            if name.startswith("test_"):
                setattr(cls, name, None)  # hides it from pytest


def light(work: Work) -> Work:
    """The working copy, whose client does not try to compress what cannot be compressed."""
    if work.client() == ("git",):
        for name in ("core.compression", "pack.window", "gc.auto"):
            work.runs("config", name, "0")
    return work


def with_files(work: Work, parts: tuple[bytes, ...]) -> Work:
    """Commit the files, one commit for all of them."""
    light(work)
    for number, part in enumerate(parts):
        (work.folder / f"{number}.bin").write_bytes(part)
    work.record(".", "Large")
    return work


def push_request(work: Work, repository: Hosted, kind: str) -> tuple[str, str, bytes]:
    """Address, type and body of the request in which a client would push everything."""
    if kind == "hg":
        bundle = work.folder.parent / f"{work.folder.name}.bundle"
        work.runs("bundle", "--all", "--type", "none-v2", str(bundle))
        return f"/{repository.path}?cmd=unbundle&heads=666f726365", "application/mercurial-0.1", bundle.read_bytes()
    pack = work.folder.parent / f"{work.folder.name}.pack"
    work.runs("pack-objects", "--all", "--quiet", str(pack))
    (packed,) = pack.parent.glob(f"{pack.name}-*.pack")
    command = f"{'0' * 40} {work.tip()} refs/heads/main\0report-status\n".encode()
    body = b"%04x" % (len(command) + 4) + command + b"0000" + packed.read_bytes()
    return f"/{repository.path}/git-receive-pack", "application/x-git-receive-pack-request", body


def wanted(work: Work) -> bytes:
    """What a client sends who wants to clone what a working copy has checked out."""
    return f"0032want {work.tip()}\n00000009done\n".encode()


def request_head(server: Server, person: Person, target: str, content_type: str, size: int) -> bytes:
    """The beginning of a POST request, up to its body."""
    lines = (
        f"POST {server.prefix}{target} HTTP/1.1",
        f"Host: {server.authority}",
        *(f"{name}: {value}" for name, value in person.basic.items()),
        f"Content-Type: {content_type}",
        f"Content-Length: {size}",
        "Connection: close",
    )
    return "\r\n".join((*lines, "", "")).encode()


def raw_connection(server: Server) -> socket.socket:
    """A connection for bytes of one's own."""
    host, _, port = server.authority.rpartition(":")
    plain = socket.create_connection((host, int(port)), timeout=120)
    if server.scheme == "http":
        return plain
    return ssl.create_default_context(cafile=server.authorities).wrap_socket(plain, server_hostname=host)


def send_pack(server: Server, person: Person, repository: Hosted, head: bytes, pack: Path) -> Answer:
    """Push a pack from a file, without a client that has to think about it."""

    def body() -> Iterator[bytes]:
        yield head
        with pack.open("rb") as file:
            yield from iter(lambda: file.read(MB), b"")

    headers = {
        "Content-Type": "application/x-git-receive-pack-request",
        "Content-Length": str(len(head) + pack.stat().st_size),
        **person.basic,
    }
    connection = server.connection()
    connection.timeout = 600
    try:
        connection.request("POST", f"{server.prefix}/{repository.path}/git-receive-pack", body=body(), headers=headers)
        response = connection.getresponse()
        return Answer(response.status, response.reason, {}, response.read())
    finally:
        connection.close()


def fetch_all(server: Server, person: Person, repository: Hosted, commit: bytes) -> int:
    """Fetch everything below a commit and throw it away; how many bytes came."""
    connection = server.connection()
    connection.timeout = 600
    headers = {"Content-Type": "application/x-git-upload-pack-request", **person.basic}
    want = b"0032want %s\n00000009done\n" % commit[:40]
    try:
        connection.request("POST", f"{server.prefix}/{repository.path}/git-upload-pack", want, headers)
        response = connection.getresponse()
        return sum(map(len, iter(lambda: response.read(MB), b"")))
    finally:
        connection.close()
