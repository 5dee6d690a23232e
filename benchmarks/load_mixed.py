"""Hundreds of people at once: `python -m benchmarks.load_mixed [--clients 200] [--seconds 300] [--crawlers 0]`.

An instance with the generated configuration is served to readers of pages (some signed in, most not, with a second of thought
between two pages), to clients that clone, and to clients that push, git and hg. Crawlers, if there are any, ask for the
costliest pages without a pause, each from a network of its own, whatever they are told. A few of all are the real programs, the
others say the same over HTTP and cost next to nothing. What was refused with 429 or 503 and a time is counted and tried again;
all else that is no proper answer is a failure. In the end every acknowledged push must be in its repository and in the ledger,
and every repository whole.

The real programs step back (nice) behind the server, as if they were on other machines; the rest costs too little to matter.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import statistics
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.wire_clients import Answer, Broken, Connection, GitBranch, git_clone, git_push, hg_clone
from kallithea.services.actors import Member, Origin
from tests.clients.histories import empty_working_copy, write_history
from tests.clients.server import Hosted, Person, Server
from tests.clients.working_copies import Work
from tests.deployment.servers import instance
from tests.deployment.several import server_at, workers

THOUGHT = 1.0
"""Seconds between two pages of one reader, on average."""
BETWEEN_CLONES = 2.0
BETWEEN_PUSHES = 3.0
LONGEST_REST = 10.0
LATE = 250.0
"""Milliseconds in which 95 of 100 warm pages are there."""
TRUNK = {"git": "main", "hg": "default"}


@dataclass
class Outcome:
    """What all clients met."""

    latencies: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    """Milliseconds, by what was asked for."""
    refused: Counter[tuple[str, int]] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    acknowledged: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    """Commits that the server said it has, by repository."""
    seconds: float = 0.0
    server: float = 0.0
    """Seconds of processors that the server took for itself."""
    children: float = 0.0
    """The same for its child processes that have ended."""

    def percentile(self, what: str, percent: int) -> float:
        values = sorted(self.latencies[what])
        return values[min(len(values) - 1, len(values) * percent // 100)] if values else 0.0


@dataclass
class House:
    """The instance under load."""

    server: Server
    read: list[Hosted]
    """Public repositories with a history, which nobody changes."""
    written: dict[str, list[Hosted]]
    """Repositories to push to, by kind."""
    commits: dict[str, str]
    people: list[Person]
    sessions: list[str]


def furnished(server: Server, *, commits: int, people: int) -> House:
    """Repositories and people."""
    members = [server.user() for _ in range(people)]
    read, tips = [], {}
    for kind in ("git", "hg"):
        repository = server.repository(kind=kind, writers=members, public=True)
        work = empty_working_copy(kind, server.new_folder())
        write_history(work, commits)
        address = members[0].url(repository)
        work.runs(*(("push", "--quiet", "--all", address) if kind == "git" else ("push", "--quiet", "--new-branch", address)))
        asked = ("rev-parse", "main~3") if kind == "git" else ("log", "-r", "default~3", "-T", "{node}")
        tips[repository.path] = work.runs(*asked).strip()
        read.append(repository)
    written = {kind: [server.repository(kind=kind, writers=members, public=True) for _ in range(3)] for kind in ("git", "hg")}
    return House(server, read, written, tips, members, [_session(server, person) for person in members])


def step_back() -> None:
    """Let what this thread starts have what others leave of the processors; on Linux it counts for the thread alone."""
    os.setpriority(os.PRIO_PROCESS, 0, 19)


def warm_pages(house: House) -> list[str]:
    """What most people look at."""
    pages = []
    for repository in house.read:
        base, trunk = f"/{repository.path}", TRUNK[repository.kind]
        pages += [base, f"{base}/changelog", f"{base}/files/{trunk}/", f"{base}/files/{trunk}/folder1/file1.txt"]
        pages += [f"{base}/changeset/{house.commits[repository.path]}", f"{base}/branches"]
    return pages


def other_pages(house: House) -> list[str]:
    """What is asked for now and then, and what pushes make anew all the time."""
    pages = ["/", "/?filter=repository"]
    for repository in house.read:
        pages += [f"/{repository.path}/changelog?page={number}" for number in range(2, 8)]
        pages += [f"/{repository.path}/raw/{TRUNK[repository.kind]}/folder1/file1.txt"]
        pages += [f"/{repository.path}/changeset-diff/{house.commits[repository.path]}"]
    for repository in (*house.written["git"], *house.written["hg"]):
        pages += [f"/{repository.path}", f"/{repository.path}/changelog"]
    return pages


def costly_pages(house: House) -> list[str]:
    """What crawlers like best: something that has to be made for each."""
    pages = []
    for repository in house.read:
        base, trunk, commit = f"/{repository.path}", TRUNK[repository.kind], house.commits[repository.path]
        pages += [f"{base}/annotate/{trunk}/folder1/file1.txt", f"{base}/changelog/{trunk}/folder1/file1.txt"]
        pages += [f"{base}/changeset-diff/{commit}", f"{base}/find/{trunk}", f"{base}/compare/rev@{commit}...branch@{trunk}"]
    return pages


class Load:
    """The clients, each a loop until the time is over."""

    def __init__(self, house: House, *, clients: int, seconds: float, crawlers: int = 0) -> None:
        self.outcome = Outcome()
        self._house = house
        self._clients = clients
        self._crawlers = crawlers
        self._seconds = seconds
        host, _, port = house.server.authority.partition(":")
        self._host, self._port = host, int(port)
        self._warm, self._other = warm_pages(house), other_pages(house)
        self._is_over = asyncio.Event()

    async def run(self) -> Outcome:
        """Let all of them loose for as long as was said."""
        first = self._connection(0)
        for page in self._warm * 3:
            await first.ask("GET", page)
        first.close()
        begin = time.perf_counter()
        running = [asyncio.create_task(each) for each in self._everybody()]
        await asyncio.sleep(self._seconds)
        self._is_over.set()
        await asyncio.gather(*running)
        self.outcome.seconds = time.perf_counter() - begin
        await asyncio.sleep(0)  # what was closed is closed when the loop has gone round
        return self.outcome

    def _everybody(self) -> list[Awaitable[None]]:
        """Seven of ten read pages, two of ten clone, one of ten pushes; one of fifty is a real program."""
        house, clients = self._house, self._clients
        real = max(4, clients // 50)
        pushers, cloners = max(2, clients // 10 - real // 2), max(2, clients // 5 - real // 2)
        found: list[Awaitable[None]] = []
        for number in range(clients - pushers - cloners - real):
            found.append(self._reader(number, house.sessions[number % len(house.sessions)] if number % 3 == 0 else ""))
        for number in range(cloners):
            found.append(self._cloner(number, house.read[number % 2], house.people[number % len(house.people)]))
        for number in range(pushers):
            found.append(self._pusher(number, house.written["git"][number % 3], house.people[number % len(house.people)]))
        for number in range(real):
            kind = ("git", "hg")[number % 2]
            repository = house.written[kind][number // 2 % 3]
            found.append(self._real_client(number, repository, house.people[number % len(house.people)]))
        return [*found, *(self._crawler(number) for number in range(self._crawlers))]

    async def _reader(self, number: int, session: str) -> None:
        chance = random.Random(number)
        connection = self._connection(number, {"Cookie": f"kallithea={session}"} if session else {})
        await self._rest(chance.random() * 2 * THOUGHT)
        while not self._is_over.is_set():
            is_warm = chance.random() < 0.8
            page = chance.choice(self._warm if is_warm else self._other)
            what = ("warm" if is_warm else "other") + (" page, signed in" if session else " page")
            await self._asked(what, lambda page=page: connection.ask("GET", page))
            await self._rest(THOUGHT * (0.5 + chance.random()))
        connection.close()

    async def _crawler(self, number: int) -> None:
        """Never asks for the same twice, and rests for no answer."""
        pages = costly_pages(self._house)
        connection = self._connection(0, {"X-Forwarded-For": f"172.16.{number}.1"})
        asked = 0
        while not self._is_over.is_set():
            asked += 1
            page = f"{pages[asked % len(pages)]}?n={number}.{asked}"
            await self._asked("costly page", lambda page=page: connection.ask("GET", page), is_polite=False)
        connection.close()

    async def _cloner(self, number: int, repository: Hosted, person: Person) -> None:
        chance = random.Random(number)
        connection = self._connection(1000 + number, person.basic if number % 4 < 2 else {})
        clone = git_clone if repository.kind == "git" else hg_clone
        await self._rest(chance.random() * BETWEEN_CLONES)
        while not self._is_over.is_set():
            await self._asked(f"{repository.kind} clone", lambda: clone(connection, repository.path))
            await self._rest(BETWEEN_CLONES * (0.5 + chance.random()))
        connection.close()

    async def _pusher(self, number: int, repository: Hosted, person: Person) -> None:
        chance = random.Random(number)
        connection = self._connection(2000 + number, person.basic)
        branch = GitBranch(f"client{number}")

        async def push() -> Answer:
            answer, commit = await git_push(connection, repository.path, branch)
            if commit:
                self.outcome.acknowledged[repository.path].append(commit)
            return answer

        await self._rest(chance.random() * BETWEEN_PUSHES)
        while not self._is_over.is_set():
            await self._asked("git push", push)
            await self._rest(BETWEEN_PUSHES * (0.5 + chance.random()))
        connection.close()

    async def _real_client(self, number: int, repository: Hosted, person: Person) -> None:
        """Clones, and then pushes a commit to a branch of its own, again and again."""
        chance = random.Random(number)
        work: Work | None = None
        while not self._is_over.is_set():
            begin = time.perf_counter()
            if work is None:
                work = await asyncio.to_thread(self._real_clone, number, repository, person)
            else:
                await asyncio.to_thread(self._real_push, number, repository, work)
            self.outcome.latencies[f"real {repository.kind}"].append((time.perf_counter() - begin) * 1000)
            await self._rest(BETWEEN_PUSHES * (0.5 + chance.random()))

    def _real_clone(self, number: int, repository: Hosted, person: Person) -> Work | None:
        step_back()
        outcome, work = person._clone(repository.kind, repository, ())
        if not outcome.worked:
            self._failed_client(f"{repository.kind} clone", outcome.text)
            return None
        branch = f"real{number}"
        work.runs(*(("checkout", "--quiet", "-b", branch) if repository.kind == "git" else ("branch", "--quiet", branch)))
        return work

    def _real_push(self, number: int, repository: Hosted, work: Work) -> None:
        step_back()
        work.commit(f"real{number}.txt", f"{time.time_ns()}\n")
        outcome = work.push()
        if outcome.worked:
            self.outcome.acknowledged[repository.path].append(work.tip())
        else:
            self._failed_client(f"{repository.kind} push", outcome.text)

    def _failed_client(self, what: str, text: str) -> None:
        """Real clients name the status, and do not say when to come back."""
        for status in (429, 503):
            if f"error: {status}" in text or f"HTTP Error {status}" in text:
                self.outcome.refused[f"real {what}", status] += 1
                return
        self.outcome.failures.append(f"real {what}: {text[-500:]}")

    async def _asked(self, what: str, ask: Callable[[], Awaitable[Answer]], *, is_polite: bool = True) -> None:
        begin = time.perf_counter()
        try:
            answer = await ask()
        except (Broken, OSError, asyncio.TimeoutError, ValueError) as error:
            self.outcome.failures.append(f"{what}: {type(error).__name__} {error}")
            return
        took = (time.perf_counter() - begin) * 1000
        if answer.status in (200, 304):
            self.outcome.latencies[what].append(took)
        elif answer.status in (429, 503) and answer.headers.get("retry-after", "").isdigit():
            self.outcome.refused[what, answer.status] += 1
            await self._rest(min(float(answer.headers["retry-after"]), LONGEST_REST) if is_polite else 0.01)
        else:
            self.outcome.failures.append(f"{what}: {answer.status} {answer.body[:200]!r}")

    async def _rest(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._is_over.wait(), seconds)
        except asyncio.TimeoutError:
            return

    def _connection(self, number: int, headers: dict[str, str] | None = None) -> Connection:
        # Each from an address of its own, as told by a proxy on this machine.
        address = f"10.{number // 65536}.{number // 256 % 256}.{number % 256}"
        return Connection(self._host, self._port, {"X-Forwarded-For": address, **(headers or {})})


def problems(house: House, outcome: Outcome) -> list[str]:
    """What is not as it was acknowledged, in repositories and ledger."""
    found = []
    for repository in (*house.read, *house.written["git"], *house.written["hg"]):
        backend = house.server.backend(repository)
        found += [f"{repository.path}: {line}" for line in backend.keeper.verify()]
        with house.server.app.system_scope() as scope:
            entered = {update.new for push in scope.pushes.latest(repository.id, limit=1_000_000) for update in push.updates}
        for commit in outcome.acknowledged[repository.path]:
            if commit not in entered:
                found.append(f"{repository.path}: {commit} is not in the ledger")
            if backend.reader.resolve(commit).id.hex != commit:
                found.append(f"{repository.path}: {commit} is not in the repository")
    return found


def processor_seconds(pid: int) -> tuple[float, float]:
    """What a process took of the processors, and what its children took that it has waited for (proc(5), stat)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    ticks = os.sysconf("SC_CLK_TCK")
    return (int(fields[11]) + int(fields[12])) / ticks, (int(fields[13]) + int(fields[14])) / ticks


def _session(server: Server, person: Person) -> str:
    with server.app.system_scope() as scope:
        row = scope.accounts.by_name(person.name)
        return scope.accounts.start_session(Member(row.id, row.name), Origin("127.0.0.1", "a browser", "http"), remember=True)[
            0
        ]


def loaded(
    folder: Path,
    *,
    clients: int,
    seconds: float,
    http_server: str,
    commits: int,
    crawlers: int = 0,
    settings: Sequence[str] = (),
) -> tuple[House, Outcome]:
    """Run it all; raises AssertionError where something is not as it was acknowledged."""
    with ExitStack() as stack:
        made = stack.enter_context(instance(folder, f"http_server={http_server}", "trusted_proxies=127.0.0.1", *settings))
        (worker,) = stack.enter_context(workers(made, ["loaded"]))
        server = server_at(made, worker)
        house = furnished(server, commits=commits, people=max(4, clients // 5))
        before = processor_seconds(worker.pid)
        outcome = asyncio.run(Load(house, clients=clients, seconds=seconds, crawlers=crawlers).run())
        if worker.status is None:
            outcome.server, outcome.children = (
                now - then for now, then in zip(processor_seconds(worker.pid), before, strict=True)
            )
        if worker.status is not None:
            outcome.failures.insert(
                0, f"the server ended with {worker.status}: {worker.log.read_text(errors='replace')[-3000:]}"
            )
        told = worker.log.read_text(errors="replace")
        outcome.failures += [line for line in told.splitlines() if "incident" in line or "Traceback" in line]
        outcome.failures += problems(house, outcome)
        return house, outcome


def report(outcome: Outcome) -> None:
    answered = sum(map(len, outcome.latencies.values()))
    print(f"{answered} answers in {outcome.seconds:.0f} s, {answered / outcome.seconds:.0f} a second")
    for what in sorted(outcome.latencies):
        values = outcome.latencies[what]
        shown = "   ".join(f"p{percent} {outcome.percentile(what, percent):7.1f}" for percent in (50, 95, 99))
        print(f"{what:<24} {len(values):>7}   mean {statistics.fmean(values):7.1f}   {shown}   most {max(values):8.1f} ms")
    for (what, status), count in sorted(outcome.refused.items()):
        print(f"refused with {status}: {what:<24} {count:>7}")
    acknowledged = sum(map(len, outcome.acknowledged.values()))
    print(f"pushes acknowledged: {acknowledged}, all in repository and ledger unless said below")
    print(f"processors: the server {outcome.server:.1f} s, its children that ended {outcome.children:.1f} s")
    print(f"failures: {len(outcome.failures)}")
    for failure in outcome.failures[:20]:
        print(f"  {failure}")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--crawlers", type=int, default=0)
    parser.add_argument("--server", default="waitress")
    parser.add_argument("--commits", type=int, default=500)
    options = parser.parse_args(arguments)
    print(
        f"{options.server}, {options.clients} clients, {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}", flush=True
    )
    with tempfile.TemporaryDirectory() as name:
        _, outcome = loaded(
            Path(name),
            clients=options.clients,
            seconds=options.seconds,
            http_server=options.server,
            commits=options.commits,
            crawlers=options.crawlers,
        )
    report(outcome)
    worst = max(outcome.percentile(what, 95) for what in outcome.latencies if what.startswith("warm"))
    print(f"95 of 100 warm pages within {worst:.0f} ms: {'as wanted' if worst <= LATE else 'TOO LATE'}")
    return 1 if outcome.failures or worst > LATE else 0


if __name__ == "__main__":
    sys.exit(main())
