"""What only makes things faster, or holds them for a moment, is away for a while: the shared cache, the cache on disk, /tmp."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.clients.server import Hosted, Person, Server, serving
from tests.deployment.servers import COMMANDS, deployed, instance, running
from tests.deployment.small_disks import full, mounted
from tests.deployment.story import MB, light, raw_connection
from tests.deployment.test_outages import signed_in, soon
from tests.ports import free_port
from tests.redis_server import running_redis


def both(server: Server, alice: Person) -> list[Hosted]:
    return [server.repository(kind=kind, writers=[alice], public=True) for kind in ("git", "hg")]


def test_pages_are_made_without_the_shared_cache_and_shared_again_when_it_is_back(tmp_path: Path) -> None:
    port = free_port()
    (tmp_path / "instance").mkdir()
    with (
        running_redis(tmp_path / "redis") as redis,
        instance(tmp_path / "instance", f"port={port}", "hg_helpers=1", f"cache_url={redis.url}") as made,
        running(made, COMMANDS["waitress"], f"127.0.0.1:{port}") as server,
    ):
        alice = server.user()
        repositories = both(server, alice)
        works = [alice.clone(repository) for repository in repositories]

        redis.stop()
        pushes = [work.commit("hello.txt", message="While it is away").push() for work in works]
        pages = [server.request("GET", f"/{repository.path}") for repository in repositories]
        redis.start()

        assert all(push.worked for push in pushes), [push.text for push in pushes]
        assert [(page.status, "While it is away" in page.body.decode()) for page in pages] == [(200, True)] * 2
        with redis.client() as client:

            def is_shared() -> bool:
                work = works[0].commit("news.txt", os.urandom(9).hex())
                assert work.push().worked
                assert server.request("GET", f"/{repositories[0].path}").status == 200
                return bool(client.dbsize())

            assert soon(is_shared)
        log = server.log()
        assert log.count("The shared cache cannot be used") == 1
        assert log.count("The shared cache answers again") == 1
        assert "Traceback" not in log


def test_a_full_cache_costs_time_and_refuses_large_pushes_of_hg_in_words(tmp_path: Path) -> None:
    with serving(tmp_path) as server, mounted(tmp_path / "cache", "16m") as cache:
        alice = server.user()
        repositories = both(server, alice)
        works = [alice.clone(repository) for repository in repositories]

        with full(cache):
            pushes = [work.commit("hello.txt").push() for work in works]
            clones = [alice.tries_to_clone(repository) for repository in repositories for _ in range(3)]
            targets = [
                f"/{repository.path}{below}"
                for repository, branch in zip(repositories, ("main", "default"), strict=True)
                for below in ("", "/changelog", f"/archive/{branch}.tar.gz")
            ]
            answers = [server.request("GET", target) for target in targets for _ in range(2)]
            # They wait there until all of them has come.
            large = works[1].commit("large.bin", os.urandom(MB)).push()

        assert all(outcome.worked for outcome in (*pushes, *clones)), [outcome.text for outcome in (*pushes, *clones)]
        assert {answer.status for answer in answers} == {200}
        assert large.refused_with("503"), large.text
        assert large.says("The server's disk is full"), large.text
        assert works[1].push().worked
        assert "Traceback" not in server.log()


@pytest.mark.parametrize("http_server", ["waitress", "gunicorn", "gevent"])
def test_a_push_that_cannot_be_kept_while_it_arrives_is_refused_in_words(
    small_disk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, http_server: str
) -> None:
    monkeypatch.setenv("TMPDIR", str(small_disk))
    (tmp_path / "instance").mkdir()
    with deployed(tmp_path / "instance", http_server) as server:
        monkeypatch.delenv("TMPDIR")
        alice = server.user()
        repositories = both(server, alice)
        works = [light(alice.clone(repository)).commit("large.bin", os.urandom(6 * MB)) for repository in repositories]
        cookie = signed_in(server, alice)

        with full(small_disk):
            pages = [server.request("GET", f"/{repository.path}", headers=cookie) for repository in repositories]
            pushes = [work.push() for work in works]

        assert [page.status for page in pages] == [200, 200]
        assert all(push.refused_with("503") for push in pushes), [push.text for push in pushes]
        assert pushes[1].says("The server cannot keep what was sent. Its disk may be full."), pushes[1].text
        assert all(work.push().worked for work in works)
        assert "Traceback" not in server.log()


def test_a_slow_client_gets_a_large_file_without_room_for_temporary_files(
    small_disk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(small_disk))
    (tmp_path / "instance").mkdir()
    with deployed(tmp_path / "instance", "waitress") as server:
        monkeypatch.delenv("TMPDIR")
        alice = server.user()
        repository = server.repository(kind="git", writers=[alice], public=True)
        assert light(alice.clone(repository)).commit("large.bin", bytes(24 * MB)).push().worked

        with full(small_disk), raw_connection(server) as connection:
            request = (
                f"GET /{repository.path}/raw/main/large.bin HTTP/1.1\r\nHost: {server.authority}\r\nConnection: close\r\n\r\n"
            )
            connection.sendall(request.encode())
            begun = connection.recv(1)
            assert server.request("GET", "/").status == 200
            received = len(begun) + sum(map(len, iter(lambda: connection.recv(MB), b"")))

        assert received > 24 * MB
        assert "Traceback" not in server.log()
