"""`/_health`: does the process answer, and has it all that it needs?

Answered before hg, git and pages, without sessions, and within seconds whatever is broken: each thing is looked at in a thread
of its own, since a dead database or file server keeps whoever asks it.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, text
from sqlalchemy.engine import make_url

from kallithea.config.app import App
from kallithea.config.database import check_schema, current_revision
from kallithea.config.git_program import missing_git
from kallithea.config.watchers import Watchers
from kallithea.lib.errors import KallitheaError
from kallithea.lib.trace import note_door

PATIENCE = 3.0
"""Seconds after which something that does not answer counts as broken."""
FRESH = 1.0
"""Seconds that a report holds, so that nobody keeps the database busy by asking."""
MEGABYTE = 1 << 20

Environ = dict[str, Any]


class NotReady(Exception):
    """Something that the server needs is missing; the text says what is wrong."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one thing is: `wrong` says what is wrong with it, or None; `note` what one should know though it is well."""

    name: str
    wrong: str | None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """All outcomes at one time."""

    outcomes: tuple[Outcome, ...]

    @property
    def is_ok(self) -> bool:
        return all(outcome.wrong is None for outcome in self.outcomes)


class Probe:
    """Looks at one thing again and again, never twice at the same time. `look` raises for what is wrong, or gives a note."""

    def __init__(self, name: str, look: Callable[[], str | None]) -> None:
        self._name = name
        self._look = look
        self._done = threading.Event()
        self._done.set()
        self._began = 0.0
        self._wrong: str | None = None
        self._note = ""

    def begin(self) -> None:
        """Look now, unless the last look has not ended yet."""
        if not self._done.is_set():
            return
        self._done.clear()
        self._began = time.monotonic()
        threading.Thread(target=self._run, name=f"health-{self._name}", daemon=True).start()

    def outcome(self, until: float) -> Outcome:
        """What was found, or that nothing was by that time."""
        if self._done.wait(max(0.0, until - time.monotonic())):
            return Outcome(self._name, self._wrong, self._note)
        return Outcome(self._name, f"has not answered for {time.monotonic() - self._began:.0f} seconds")

    def _run(self) -> None:
        try:
            self._note = self._look() or ""
            self._wrong = None
        except (NotReady, KallitheaError) as error:
            self._wrong = str(error)
        except Exception as error:  # noqa: BLE001 - whatever a driver or a file system raises is the finding
            self._wrong = _first_line(error)
        finally:
            self._done.set()


class Readiness:
    """Whether the server can do its work. Safe to share between threads."""

    def __init__(self, probes: Sequence[Probe], *, patience: float = PATIENCE, fresh: float = FRESH) -> None:
        self.probes = tuple(probes)
        self._patience = patience
        self._fresh = fresh
        self._one_at_a_time = threading.Lock()
        self._last: tuple[float, Report] | None = None

    @classmethod
    def of(cls, app: App) -> Readiness:
        """What an application needs."""
        settings = app.settings
        folders = [settings.repos_path, settings.cache_dir, *_folder_of(settings.sqlalchemy_url)]
        schema = _Schema(app.engine)
        return cls(
            [
                Probe("database", lambda: _ask(app.engine)),
                Probe("schema", schema.check),
                Probe("store", lambda: _try_folder(settings.repos_path)),
                Probe("cache", lambda: _try_folder(settings.cache_dir)),
                Probe("disk", lambda: _measure(folders, settings.least_free_space * MEGABYTE)),
                Probe("git", lambda: _look_for_git(settings.git_path, app.engine)),
            ]
        )

    def report(self) -> Report:
        """How everything is now, or was a moment ago."""
        with self._one_at_a_time:
            if self._last and time.monotonic() - self._last[0] < self._fresh:
                return self._last[1]
            until = time.monotonic() + self._patience
            for probe in self.probes:
                probe.begin()
            report = Report(tuple(probe.outcome(until) for probe in self.probes))
            self._last = time.monotonic(), report
            return report


class HealthRoom:
    """WSGI application: answers below `/_health`, and calls `inside` for everything else."""

    def __init__(self, inside: Any, readiness: Readiness, watchers: Watchers) -> None:
        self._inside = inside
        self._readiness = readiness
        self._watchers = watchers

    def __call__(self, environ: Environ, start_response: Any) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path not in REQUIRED:
            answer: Iterable[bytes] = self._inside(environ, start_response)
            return answer
        note_door("health")
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            return _send(environ, start_response, "405 Method Not Allowed", "", "text/plain", [("Allow", "GET, HEAD")])
        # Live needs no more than this answer.
        report = Report(()) if path == LIVE else self._readiness.report()
        status = "200 OK" if report.is_ok else "503 Service Unavailable"
        is_told = self._watchers.include(environ)
        if _wants_json(environ):
            return _send(environ, start_response, status, as_json(report, is_told=is_told), "application/json", [])
        return _send(environ, start_response, status, as_text(report, is_told=is_told), "text/plain", [])


LIVE = "/_health/live"
REQUIRED: Mapping[str, str] = {
    LIVE:             "anyone",
    "/_health/ready": "anyone; details: a listed address",
    "/_health":       "anyone; details: a listed address",
}  # fmt: skip
"""The addresses of this room, and what each requires."""


def as_text(report: Report, *, is_told: bool) -> str:
    """The report for people: a word for all, then a line for each thing."""
    lines = [_word(report.is_ok)]
    for outcome in report.outcomes:
        said = outcome.wrong or outcome.note
        detail = f": {said}" if said and is_told else ""
        lines.append(f"{outcome.name}: {_word(outcome.wrong is None)}{detail}")
    return "\n".join(lines) + "\n"


def as_json(report: Report, *, is_told: bool) -> str:
    """The report for programs."""
    checks: dict[str, dict[str, str]] = {}
    for outcome in report.outcomes:
        checks[outcome.name] = {"status": _word(outcome.wrong is None)}
        if outcome.wrong and is_told:
            checks[outcome.name]["wrong"] = outcome.wrong
        elif outcome.note and is_told:
            checks[outcome.name]["note"] = outcome.note
    return json.dumps({"status": _word(report.is_ok), "checks": checks}) + "\n"


class _Schema:
    """Whether the database fits this release. The long way is gone only when its revision is another one than before."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._known_to_fit: str | None = None

    def check(self) -> None:
        with self._engine.connect() as connection:
            revision = current_revision(connection)
        if revision is None or revision != self._known_to_fit:
            check_schema(self._engine)
            self._known_to_fit = revision


def _ask(engine: Engine) -> None:
    with engine.connect() as connection:
        connection.execute(text("SELECT 1"))


def _try_folder(folder: Path) -> None:
    """Raises unless files can be listed, made and removed there."""
    if not folder.is_dir():
        raise NotReady(f"{folder} is missing")
    with os.scandir(folder) as entries:
        next(entries, None)
    try:
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".health-") as file:
            file.write(b"ok")
            file.flush()
    except OSError as error:
        raise NotReady(f"{folder} cannot be written to: {error.strerror}") from error


def _measure(folders: Iterable[Path], least: int) -> None:
    """Raises where a file system is nearly full."""
    for folder in folders:
        if not folder.is_dir():
            continue  # another check says so
        free = shutil.disk_usage(folder).free
        if free < least:
            raise NotReady(f"{folder} has {free // MEGABYTE} MB left, fewer than {least // MEGABYTE}")
        inodes = os.statvfs(folder)
        if inodes.f_files and not inodes.f_favail:
            raise NotReady(f"{folder} can hold no more files")


def _look_for_git(git_path: str, engine: Engine) -> str | None:
    """Raises where git is missing and there are repositories that need it; a note where there are none."""
    found = missing_git(git_path, engine)
    if found is None:
        return None
    if found.is_needed:
        raise NotReady(found.said)
    return found.said


def _folder_of(database_url: str) -> list[Path]:
    """Where the database is, if it is a file."""
    url = make_url(database_url)
    is_file = url.get_backend_name() == "sqlite" and url.database not in (None, "", ":memory:")
    return [Path(str(url.database)).parent] if is_file else []


def _wants_json(environ: Environ) -> bool:
    return "application/json" in environ.get("HTTP_ACCEPT", "") or "format=json" in environ.get("QUERY_STRING", "")


def _send(
    environ: Environ, start_response: Any, status: str, body: str, content_type: str, more: Sequence[tuple[str, str]]
) -> Iterable[bytes]:
    encoded = body.encode()
    headers = [
        ("Content-Type", f"{content_type}; charset=utf-8"),
        ("Content-Length", str(len(encoded))),
        ("Cache-Control", "no-store"),
        ("X-Content-Type-Options", "nosniff"),
        *more,
    ]
    start_response(status, headers)
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [encoded]


def _word(is_ok: bool) -> str:
    return "ok" if is_ok else "not ok"


def _first_line(error: Exception) -> str:
    said = str(getattr(error, "orig", None) or error).strip().splitlines()
    return f"{type(error).__name__}: {said[0]}" if said else type(error).__name__
