"""`/_metrics`: what all processes of this machine did together, in the text format of Prometheus.

Each process counts in files of its own, which it maps into memory; whoever is asked adds them up. Where the files lie is the
cache folder, so counts go on after a restart. Labels are of a few words, never names or paths. prometheus-client is imported by
whoever makes a `Metrics`, which is done only where the setting `metrics` says so.
"""

from __future__ import annotations

import fcntl
import importlib
import os
import re
import socket
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

import kallithea
from kallithea.config.app import App
from kallithea.config.backup_state import backup_ages
from kallithea.config.watched import Finished
from kallithea.config.watchers import Watchers
from kallithea.lib import trace
from kallithea.lib.errors import ConfigError
from kallithea.lib.trace import note_door
from kallithea.model import Job

PATH = "/_metrics"
REQUIRED: Mapping[str, str] = {PATH: "a listed address, and the setting `metrics`"}

PAGE_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
TRANSFER_SECONDS = (0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 1800.0)
METHODS = frozenset({"GET", "HEAD", "POST"})
ROOM = 1 << 20
"""Bytes of a file of counts; taken from the disk beforehand, as a mapped file on a full disk would end the process."""

PATIENCE = 5.0
"""Seconds that a process waits at its start for one that adds up."""

FORMER = "0"
"""Stands for all processes that have ended."""
_FILE = re.compile(r"(?P<what>counter|histogram|gauge_livesum)_(?P<process>[0-9]+)\.db")

Environ = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Metric:
    """One thing that is counted: its name without the ending that Prometheus adds to counters, and what it means."""

    kind: str
    name: str
    help: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()


COUNTED = (
    Metric("counter", "kallithea_requests", "Requests answered.", ("door", "method", "status")),
    Metric("histogram", "kallithea_request_seconds", "Seconds until the answer began.", ("door",), PAGE_SECONDS),
    Metric("counter", "kallithea_response_bytes", "Bytes of answers, without headers.", ("door",)),
    Metric("counter", "kallithea_part_seconds", "Seconds of requests by part: sql, vcs, render.", ("part",)),
    Metric("counter", "kallithea_sql_statements", "SQL statements of requests."),
    Metric("counter", "kallithea_failures", "Requests with an incident in the log."),
    Metric("counter", "kallithea_transfers", "Transfers of hg and git that ended.", ("kind", "operation")),
    Metric("histogram", "kallithea_transfer_seconds", "Seconds of whole transfers.", ("kind", "operation"), TRANSFER_SECONDS),
    Metric("counter", "kallithea_transfer_sent_bytes", "Bytes sent to hg and git.", ("kind", "operation")),
    Metric("counter", "kallithea_transfer_received_bytes", "Bytes received from hg and git.", ("kind", "operation")),
    Metric("counter", "kallithea_pushes", "Pushes that changed something.", ("kind",)),
    Metric("counter", "kallithea_sign_ins_failed", "Wrong passwords, codes and passkeys, of pages and clients."),
    Metric("counter", "kallithea_remembered_pages", "Pages that may be kept, by whether they were.", ("found",)),
    Metric("counter", "kallithea_pages_refused", "Pages that visitors did not get: crowd, budget.", ("why",)),
    Metric("gauge", "kallithea_transfers_running", "Transfers under way, those that wait for a place included."),
    Metric("gauge", "kallithea_transfers_waiting", "Transfers that waited for a place when a request last ended."),
    Metric("gauge", "kallithea_database_connections", "Connections that were in use when a request last ended."),
)

ASKED = (
    Metric("gauge", "kallithea_info", "Always 1; the version is a label.", ("version",)),
    Metric("gauge", "kallithea_jobs", "Jobs by state: waiting, failed.", ("state",)),
    Metric("gauge", "kallithea_processes", "Server processes; the one that starts the others may be one of them."),
    Metric("gauge", "kallithea_process_resident_bytes", "Memory of all server processes."),
    Metric("gauge", "kallithea_process_open_files", "Open files of all server processes."),
    Metric("gauge", "kallithea_hg_helpers", "Helper processes for Mercurial."),
    Metric("gauge", "kallithea_hg_helper_resident_bytes", "Memory of all helper processes."),
    Metric("gauge", "kallithea_backup_age_seconds", "Seconds since the newest backup; missing where there is none."),
    Metric("gauge", "kallithea_backup_drill_age_seconds", "Seconds since a backup was last restored to try it."),
    Metric("gauge", "kallithea_backup_drill_problems", "What was wrong with it then; 0 if it could be restored."),
    Metric("gauge", "kallithea_backup_jobs_failed", "1 if the job that makes or tries backups failed last.", ("job",)),
)
"""What is looked up whenever somebody asks."""


def documented() -> str:
    """The table of all metrics for docs/monitoring.md."""
    rows = [
        f"| `{metric.name}{'_total' if metric.kind == 'counter' else ''}` | {metric.kind} | "
        f"{', '.join(metric.labels)} | {metric.help} |\n"
        for metric in (*COUNTED, *ASKED)
    ]
    return "| name | kind | labels | what |\n| --- | --- | --- | --- |\n" + "".join(rows)


class Metrics:
    """Counts for this process, and tells for all of them."""

    def __init__(self, app: App) -> None:
        """Raises ConfigError where prometheus-client is missing, OSError where there is no room for the counts."""
        self._app = app
        self._folder = CountsFolder(app.settings.cache_dir / "metrics" / socket.gethostname())
        library = _library(self._folder.path)
        makers = {"counter": library.Counter, "histogram": library.Histogram, "gauge": library.Gauge}
        self._counts = {metric.name: _make(makers[metric.kind], metric) for metric in COUNTED}
        self._children: dict[tuple[str, ...], Any] = {}
        self._last: dict[str, int] = {}
        trace.listen(self.hear)

    def observe(self, done: Finished) -> None:
        """Count a request that is over."""
        request, of = done.trace, self._of
        method = done.method if done.method in METHODS else "other"
        of("kallithea_requests", request.door, method, str(done.status)).inc()
        of("kallithea_response_bytes", request.door).inc(done.sent)
        for part, seconds in (("sql", request.sql), ("vcs", request.vcs), ("render", request.render)):
            if seconds:
                of("kallithea_part_seconds", part).inc(seconds)
        if request.statement_count:
            of("kallithea_sql_statements").inc(request.statement_count)
        if request.has_failed:
            of("kallithea_failures").inc()
        if request.was_remembered is not None:
            of("kallithea_remembered_pages", "yes" if request.was_remembered else "no").inc()
        if request.transfer is None:
            of("kallithea_request_seconds", request.door).observe(done.answered)
        else:
            self._observe_transfer(done, request.transfer)
        self._set("kallithea_transfers_waiting", self._app.admission.transfers_waiting)
        self._set("kallithea_database_connections", _connections(self._app.engine))

    def hear(self, what: str, labels: tuple[str, ...]) -> None:
        """Count what happens in the middle of a request."""
        if what == "transfer began":
            self._of("kallithea_transfers_running").inc()
        elif what == "push":
            self._of("kallithea_pushes", *labels).inc()
        elif what == "page refused":
            self._of("kallithea_pages_refused", *labels).inc()
        elif what == "sign-in failed":
            self._of("kallithea_sign_ins_failed").inc()

    def text(self) -> bytes:
        """Everything, as Prometheus reads it."""
        library = importlib.import_module("prometheus_client")
        registry = library.CollectorRegistry()
        with self._folder.settled():
            importlib.import_module("prometheus_client.multiprocess").MultiProcessCollector(registry, str(self._folder.path))
            registry.register(_Asked(self._asked))
            text: bytes = library.generate_latest(registry)
            return text

    def _observe_transfer(self, done: Finished, transfer: tuple[str, str]) -> None:
        self._of("kallithea_transfers_running").dec()
        self._of("kallithea_transfers", *transfer).inc()
        self._of("kallithea_transfer_seconds", *transfer).observe(done.seconds)
        self._of("kallithea_transfer_sent_bytes", *transfer).inc(done.sent)
        self._of("kallithea_transfer_received_bytes", *transfer).inc(done.trace.received)

    def _of(self, *name_and_labels: str) -> Any:
        """What counts for these labels; found faster than by the library, as there are few."""
        found = self._children.get(name_and_labels)
        if found is None:
            name, *labels = name_and_labels
            found = self._counts[name].labels(*labels) if labels else self._counts[name]
            self._children[name_and_labels] = found
        return found

    def _set(self, name: str, value: int) -> None:
        if self._last.get(name) != value:
            self._last[name] = value
            self._of(name).set(value)

    def _asked(self) -> Iterator[tuple[str, tuple[str, ...], float]]:
        yield "kallithea_info", (kallithea.__version__,), 1
        with suppress(SQLAlchemyError), self._app.session() as session:
            yield from _jobs(session)
            yield from _backup_jobs(session)
        with suppress(OSError):
            for name, value in backup_ages(self._app.settings, self._app.clock()):
                yield name, (), value
        servers = [*self._folder.living()]
        helpers = [child for server in servers for child in _children(server) if _is_hg_helper(child)]
        yield "kallithea_processes", (), len(servers)
        yield "kallithea_process_resident_bytes", (), sum(map(_resident, servers))
        yield "kallithea_process_open_files", (), sum(map(_open_files, servers))
        yield "kallithea_hg_helpers", (), len(helpers)
        yield "kallithea_hg_helper_resident_bytes", (), sum(map(_resident, helpers))


class MetricsRoom:
    """WSGI application: answers at `/_metrics` for those who watch; for all others there is nothing there."""

    def __init__(self, inside: Any, text: Callable[[], bytes], watchers: Watchers) -> None:
        self._inside = inside
        self._text = text
        self._watchers = watchers

    def __call__(self, environ: Environ, start_response: Any) -> Iterable[bytes]:
        is_asked = environ.get("PATH_INFO") == PATH and environ["REQUEST_METHOD"] in ("GET", "HEAD")
        if not is_asked or not self._watchers.include(environ):
            answer: Iterable[bytes] = self._inside(environ, start_response)
            return answer
        note_door("metrics")
        body = self._text()
        headers = [("Content-Type", "text/plain; version=0.0.4; charset=utf-8"), ("Content-Length", str(len(body)))]
        start_response("200 OK", [*headers, ("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff")])
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]


class CountsFolder:
    """The files of all processes on this machine. Each process holds a lock as long as it lives, which tells who is dead."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir(parents=True, exist_ok=True)
        self._own: int | None = None
        self._begin()
        os.register_at_fork(after_in_child=self._begin_in_child)

    @contextmanager
    def settled(self) -> Iterator[None]:
        """With the files of dead processes added up in one; meanwhile no other process does the same."""
        with (self.path / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            living = {str(process) for process in self.living()}
            for file in sorted(self.path.glob("*.db")):
                found = _FILE.fullmatch(file.name)
                if found and found["process"] not in living | {FORMER}:
                    _add_up(file, found["what"])
            yield

    def living(self) -> Iterator[int]:
        """The numbers of the server processes that run."""
        for file in self.path.glob("*.alive"):
            if _is_held(file):
                yield int(file.stem)
            else:
                file.unlink(missing_ok=True)

    def _begin(self) -> None:
        """Be one of the living, with room for counts."""
        process = os.getpid()
        # Who adds up meanwhile would find files that are half made, and take them for those of a dead process.
        with (self.path / "lock").open("w") as lock:
            _take(lock.fileno(), seconds=PATIENCE)
            # A process that had this number may have died in the middle of a transfer.
            (self.path / f"gauge_livesum_{process}.db").unlink(missing_ok=True)
            for what in ("counter", "histogram", "gauge_livesum"):
                _reserve(self.path / f"{what}_{process}.db")
            self._own = os.open(self.path / f"{process}.alive", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
            # Nobody else has a reason to hold it. If somebody does: better a process that is not counted than one that waits
            # for ever while it is born.
            fcntl.flock(self._own, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _begin_in_child(self) -> None:
        if self._own is not None:
            # The copy would make the parent look alive as long as the child is.
            os.close(self._own)
            self._own = None
        with suppress(OSError):
            self._begin()


class _Asked:
    """A collector of what is looked up at the moment."""

    def __init__(self, found: Callable[[], Iterable[tuple[str, tuple[str, ...], float]]]) -> None:
        self._found = found

    def collect(self) -> Iterator[Any]:
        family = importlib.import_module("prometheus_client.core").GaugeMetricFamily
        families = {metric.name: family(metric.name, metric.help, labels=metric.labels) for metric in ASKED}
        for name, labels, value in self._found():
            families[name].add_metric(labels, value)
        yield from families.values()


def _library(folder: Path) -> Any:
    # The library decides how it counts while it is imported.
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)
    try:
        return importlib.import_module("prometheus_client")
    except ImportError as error:
        raise ConfigError(
            "metrics = true needs a package that is not installed.", hint="pip install kallithea[metrics]"
        ) from error


def _make(maker: Any, metric: Metric) -> Any:
    more: dict[str, Any] = {"buckets": metric.buckets} if metric.buckets else {}
    if metric.kind == "gauge":
        more["multiprocess_mode"] = "livesum"
    return maker(metric.name, metric.help, metric.labels, registry=None, **more)


def _add_up(file: Path, what: str) -> None:
    """Add a dead process's counts to those of all that are dead, so that their files do not become more and more."""
    mapped = importlib.import_module("prometheus_client.mmap_dict").MmapedDict
    if not what.startswith("gauge"):
        target = file.with_name(f"{what}_{FORMER}.db")
        _reserve(target)
        sums = mapped(str(target))
        try:
            for key, value, _time, _position in mapped.read_all_values_from_file(str(file)):
                sums.write_value(key, sums.read_value(key)[0] + value, 0.0)
        finally:
            sums.close()
    file.unlink(missing_ok=True)


def _reserve(file: Path) -> None:
    with file.open("ab") as opened:
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(opened.fileno(), 0, ROOM)


def _take(descriptor: int, *, seconds: float) -> None:
    """Lock, or go on without after so many seconds: counting keeps no server from starting."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(0.01)
        else:
            return


def _is_held(file: Path) -> bool:
    try:
        with file.open("rb") as opened:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except FileNotFoundError:
        return False
    return False


def _jobs(session: Session) -> Iterator[tuple[str, tuple[str, ...], float]]:
    waiting = session.scalar(select(func.count()).select_from(Job).where(Job.due_at.is_not(None)))
    failed = session.scalar(select(func.count()).select_from(Job).where(Job.error.is_not(None)))
    yield "kallithea_jobs", ("waiting",), waiting or 0
    yield "kallithea_jobs", ("failed",), failed or 0


def _backup_jobs(session: Session) -> Iterator[tuple[str, tuple[str, ...], float]]:
    for key, error in session.execute(select(Job.key, Job.error).where(Job.key.in_(("backup-create", "backup-drill")))):
        yield "kallithea_backup_jobs_failed", (key,), int(error is not None)


def _connections(engine: Engine) -> int:
    in_use = getattr(engine.pool, "checkedout", None)
    return int(in_use()) if in_use else 0


def _children(process: int) -> Iterator[int]:
    """The child processes of a process (proc(5)); none where the system does not tell."""
    for file in Path(f"/proc/{process}/task").glob("*/children"):
        with suppress(OSError):
            yield from map(int, file.read_text().split())


def _is_hg_helper(process: int) -> bool:
    with suppress(OSError):
        return b"kallithea.lib.vcs.hg.helper" in Path(f"/proc/{process}/cmdline").read_bytes()
    return False


def _resident(process: int) -> int:
    with suppress(OSError):
        return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")
    return 0


def _open_files(process: int) -> int:
    with suppress(OSError):
        return sum(1 for _ in Path(f"/proc/{process}/fd").iterdir())
    return 0
