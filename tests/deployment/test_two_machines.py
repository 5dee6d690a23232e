"""Two machines behind HAProxy, with one PostgreSQL, one store and one Redis: either may die, and no client has to know."""

from __future__ import annotations

import http.client
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests import databases
from tests.clients.server import Hosted, Person, Server
from tests.clients.working_copies import Outcome, Work
from tests.deployment.servers import end, instance, program, run_cli, wait_until_open
from tests.deployment.several import HOST, Pair, Worker, eventually, pair_of, server_at, workers
from tests.ports import free_port
from tests.redis_server import running_redis

CALM, APART = 2.0, 3.0
"""Seconds of load before a machine dies, and until it is back."""
TRIES = 100
"""How often a client tries, half a second apart, before it gives up for good."""


@dataclass
class Site:
    """The two machines, directly and through the proxy in front of them."""

    first: Worker
    second: Worker
    machines: Pair
    proxied: Server


@pytest.fixture(name="site", scope="module")
def _site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("machines")
    program("haproxy")
    with ExitStack() as stack:
        port = free_port()
        cache = stack.enter_context(running_redis(folder / "redis")).url
        database = databases.new_database(folder, "postgresql")
        stack.callback(databases.discard, database)
        url = (f"canonical_url=http://{HOST}:{port}", "trusted_proxies=127.0.0.1", f"sqlalchemy.url={database}")
        made = stack.enter_context(instance(folder, *url))
        first, second = stack.enter_context(workers(made, ["first", "second"], settings={"cache_url": cache}))
        stack.enter_context(Balancer(folder, made.ini, port, first, second))
        machines = pair_of(server_at(made, first), second.authority)
        yield Site(first, second, machines, pair_of(machines.here, f"{HOST}:{port}").there)


@pytest.fixture(name="kind", params=["git", "hg"])
def _kind(request: pytest.FixtureRequest) -> str:
    kind: str = request.param
    return kind


class Balancer:
    """HAProxy with the configuration that deployment-create writes, until both machines are in use."""

    def __init__(self, folder: Path, ini: Path, port: int, *behind: Worker) -> None:
        self._configuration = folder / "haproxy" / "haproxy.cfg"
        self._configuration.parent.mkdir(mode=0o755)
        self._log = folder / "haproxy.log"
        self._port = port
        servers = [word for worker in behind for word in ("--server", worker.authority)]
        options = ("--listen", HOST, "--port", str(port), "--output", str(self._configuration))
        run_cli("deployment-create", "haproxy", "-c", str(ini), *options, *servers)

    def __enter__(self) -> None:
        with self._log.open("wb") as log:
            command = [program("haproxy"), "-db", "-f", str(self._configuration)]
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        wait_until_open(f"{HOST}:{self._port}", self._process, self._log)

    def __exit__(self, *_error: object) -> None:
        end(self._process)


@dataclass
class Persistent:
    """A client that tries again until it works, and what it found out."""

    pushed: list[str] = field(default_factory=list)
    """Commits whose push was acknowledged."""
    done: int = 0
    tried_again: int = 0
    complaints: list[str] = field(default_factory=list)

    def until_it_works(self, act: Callable[[], Outcome]) -> bool:
        outcome = Outcome(1, "")
        for _ in range(TRIES):
            outcome = act()
            if outcome.worked:
                self.done += 1
                return True
            self.tried_again += 1
            time.sleep(0.5)
        self.complaints.append(outcome.text)
        return False


def test_what_is_pushed_to_one_machine_is_seen_through_the_other(site: Site, kind: str) -> None:
    alice = site.machines.here.user()
    repository = site.machines.here.repository(kind=kind, writers=[alice], public=True)
    work = alice.clone(repository)
    for number in range(3):
        site.machines.there.request("GET", f"/{repository.path}")

        assert work.commit(f"{number}.txt", message=f"Change number {number}").push().worked

        assert f"Change number {number}" in site.machines.there.request("GET", f"/{repository.path}").body.decode()
        assert site.machines.there.nobody.clone(repository).heads() == [work.tip()]


def test_machines_die_and_return_under_load_and_nothing_is_lost(site: Site) -> None:
    is_over = threading.Event()
    people = [site.proxied.user() for _ in range(2)]
    repositories = [site.proxied.repository(kind=kind, writers=people, public=True) for kind in ("git", "hg")]
    works = [person.clone(repository) for person, repository in zip(people, repositories, strict=True)]
    pushing, looking, cloning = ([Persistent() for _ in repositories] for _ in range(3))

    def push(client: Persistent, work: Work, person: Person) -> None:
        while not is_over.is_set():
            work.commit("news.txt", f"{time.time_ns()}\n", message=f"News {len(client.pushed)} of {person.name}")
            if not client.until_it_works(lambda: _pushed(work)):
                return
            client.pushed.append(work.tip())

    def look(client: Persistent, pusher: Persistent, repository: Hosted) -> None:
        while not is_over.is_set():
            known = pusher.pushed[-1:]
            shown: list[str] = []
            if not client.until_it_works(lambda shown=shown: _seen(site.proxied, repository, shown)):
                return
            if known and known[0][:12] not in shown[-1]:
                client.complaints.append(f"a stale page of {repository.path} without {known[0]}")
            time.sleep(0.2)

    def copy(client: Persistent, pusher: Persistent, repository: Hosted) -> None:
        while not is_over.is_set():
            known = pusher.pushed[-1:]
            found: list[Work] = []
            if not client.until_it_works(lambda found=found: _cloned(site.proxied, repository, found)):
                return
            if known and not _has(found[-1], known[0]):
                client.complaints.append(f"a clone of {repository.path} without {known[0]}")
            shutil.rmtree(found[-1].folder)
            time.sleep(1)

    threads = [
        *(threading.Thread(target=push, args=each) for each in zip(pushing, works, people, strict=True)),
        *(threading.Thread(target=look, args=each) for each in zip(looking, pushing, repositories, strict=True)),
        *(threading.Thread(target=copy, args=each) for each in zip(cloning, pushing, repositories, strict=True)),
    ]
    for thread in threads:
        thread.start()
    try:
        for machine in (site.first, site.second):
            time.sleep(CALM)
            machine.kill()
            time.sleep(APART)
            machine.start()
            eventually(lambda machine=machine: _is_ready(site, machine))
        time.sleep(CALM)
    finally:
        is_over.set()
        for thread in threads:
            thread.join()

    print(f"tried again: {sum(client.tried_again for client in (*pushing, *looking, *cloning))} times")
    assert [client.complaints for client in (*pushing, *looking, *cloning) if client.complaints] == []
    assert all(client.pushed for client in pushing)
    for client, repository in zip(pushing, repositories, strict=True):
        backend = site.proxied.backend(repository)
        updates = [update for push in _ledger(site, repository) for update in push]
        assert backend.keeper.verify() == ()
        assert [commit for commit in client.pushed if backend.reader.resolve(commit).id.hex != commit] == []
        # A push whose server died before it was entered is acknowledged when it is tried again, and then the next one names it.
        assert [commit for commit in client.pushed[:-1] if not any(commit in update for update in updates)] == []


def _pushed(work: Work) -> Outcome:
    outcome = work.push()
    # hg ends with 1 where there is nothing to push: the server had taken it before it died.
    return Outcome(0, outcome.text) if outcome.says("no changes found") else outcome


def _seen(server: Server, repository: Hosted, shown: list[str]) -> Outcome:
    try:
        answer = server.request("GET", f"/{repository.path}/changelog")
    except (OSError, http.client.HTTPException) as error:
        return Outcome(1, str(error))
    shown.append(answer.body.decode())
    return Outcome(0 if answer.status == 200 else 1, shown[-1])


def _cloned(server: Server, repository: Hosted, found: list[Work]) -> Outcome:
    outcome, work = server.nobody._clone(repository.kind, repository, ())
    found.append(work)
    return outcome


def _has(work: Work, commit: str) -> bool:
    asked = ("cat-file", "-e", commit) if (work.folder / ".git").exists() else ("log", "-r", commit)
    return work.tries(*asked).worked


def _is_ready(site: Site, machine: Worker) -> bool:
    server = site.machines.here if machine is site.first else site.machines.there
    return server.request("GET", "/_health/ready").status == 200


def _ledger(site: Site, repository: Hosted) -> list[list[tuple[str | None, str | None]]]:
    with site.proxied.app.system_scope() as scope:
        pushes = scope.pushes.latest(repository.id, limit=100_000)
        return [[(update.old, update.new) for update in push.updates] for push in pushes]
