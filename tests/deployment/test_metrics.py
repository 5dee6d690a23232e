"""What two workers count is one sum, whichever of them is asked, and a dead worker's counts stay in it."""

from __future__ import annotations

import http.client
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from kallithea.config.metrics import ASKED, COUNTED
from tests.clients.server import PASSWORD, Person, Server
from tests.deployment.servers import PATIENCE, deployed

PAGES = 40
STRANGER = {"X-Forwarded-For": "203.0.113.7"}

Sample = tuple[str, Mapping[str, str]]


@pytest.fixture(name="server", scope="module")
def _server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with deployed(tmp_path_factory.mktemp("metrics"), "gunicorn", "metrics=true") as server:
        yield server


def ask(server: Server, target: str) -> int:
    """One request on a connection of its own, so that either worker may get it."""
    return server.request("GET", target, headers={"Connection": "close"}).status


def counts(server: Server) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """Everything that is counted, by name and labels."""
    answer = server.request("GET", "/_metrics", headers={"Connection": "close"})
    assert answer.status == 200, answer.body
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(answer.body.decode())
        for sample in family.samples
    }


def total(server: Server, name: str, **labels: str) -> float:
    """The sum of all that have these labels."""
    return sum(
        value for (found, having), value in counts(server).items() if found == name and labels.items() <= dict(having).items()
    )


def until(true: Callable[[], bool]) -> bool:
    """Whether something comes true in time: an answer is there before it is counted."""
    end = time.monotonic() + PATIENCE
    while not true():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


def test_requests_to_two_workers_are_one_sum(server: Server) -> None:
    before = total(server, "kallithea_requests_total", door="home.index")

    for _ in range(PAGES):
        ask(server, "/")

    assert until(lambda: total(server, "kallithea_requests_total", door="home.index", status="200") == before + PAGES)


def test_both_workers_count(server: Server) -> None:
    """And so the sum above is one of two parts."""
    folder = next((server.folder / "cache" / "metrics").iterdir())

    def have_both() -> bool:
        ask(server, "/")
        living = {file.stem for file in folder.glob("*.alive")}
        files = [file for file in folder.glob("counter_*.db") if file.stem.rpartition("_")[2] in living]
        return sum(b"kallithea_requests" in file.read_bytes() for file in files) == 2

    assert until(have_both)


def test_a_push_and_a_clone_are_counted_with_their_bytes(server: Server) -> None:
    alice = server.user()
    for kind in ("git", "hg"):
        repository = server.repository(kind=kind, writers=[alice])
        work = alice.clone(repository)
        assert work.commit("hello.txt", "hello\n", "Hello").push().worked
        alice.clone(repository)

    assert until(lambda: total(server, "kallithea_pushes_total") == 2)
    for operation in ("receive-pack", "unbundle"):
        assert until(partial(_is_over, server, "kallithea_transfer_received_bytes_total", operation))
    for operation in ("upload-pack", "getbundle"):
        assert until(partial(_is_over, server, "kallithea_transfer_sent_bytes_total", operation))


def _is_over(server: Server, name: str, operation: str) -> bool:
    return total(server, name, operation=operation) > 100


def test_no_transfer_runs_when_all_have_ended(server: Server) -> None:
    assert until(lambda: total(server, "kallithea_transfers_running") == 0)


def test_a_wrong_password_is_counted(server: Server) -> None:
    before = total(server, "kallithea_sign_ins_failed_total")
    repository = server.repository(kind="git")

    assert not Person(server, "owner", f"not {PASSWORD}").tries_to_clone(repository).worked

    assert until(lambda: total(server, "kallithea_sign_ins_failed_total") == before + 1)


def test_counts_of_a_dead_worker_stay(server: Server) -> None:
    first = total(server, "kallithea_requests_total", door="home.index")
    for _ in range(PAGES):
        ask(server, "/")
    assert until(lambda: total(server, "kallithea_requests_total", door="home.index") == first + PAGES)
    before = first + PAGES
    folder = next((server.folder / "cache" / "metrics").iterdir())
    processes = total(server, "kallithea_processes")
    victim = next(pid for pid in _workers(folder) if pid != server.pid)

    os.kill(victim, signal.SIGKILL)

    assert until(lambda: bool(counts(server)) and not (folder / f"counter_{victim}.db").exists())
    assert until(lambda: total(server, "kallithea_processes") == processes)
    assert total(server, "kallithea_requests_total", door="home.index") == before


def _workers(folder: Path) -> set[int]:
    return {int(file.stem) for file in folder.glob("*.alive")}


def test_everything_that_is_documented_is_told(server: Server) -> None:
    alice = server.user()
    repository = server.repository(kind="hg", public=True, writers=[alice])
    assert alice.clone(repository).commit("hello.txt", "hello\n", "Hello").push().worked
    ask(server, f"/{repository.path}/files/tip/")
    assert not Person(server, "owner", f"not {PASSWORD}").tries_to_clone(server.repository(kind="git")).worked

    def untold() -> set[str]:
        told = {name.removesuffix("_total").removesuffix("_count") for name, _ in counts(server)}
        return {metric.name for metric in (*COUNTED, *ASKED)} - told

    # These are told when something goes wrong, or where there are backups.
    rare = {"kallithea_failures", "kallithea_pages_refused"}
    rare |= {metric.name for metric in ASKED if metric.name.startswith("kallithea_backup_")}
    assert until(lambda: untold() <= rare), untold()


def test_memory_and_files_are_those_of_all_processes(server: Server) -> None:
    found = counts(server)

    assert found["kallithea_processes", ()] >= 2
    assert found["kallithea_process_resident_bytes", ()] > 2 * 20 * 1024 * 1024
    assert found["kallithea_process_open_files", ()] > 10


def test_labels_name_no_repository_and_nobody(server: Server) -> None:
    repository = server.repository(kind="git", path="a-very-special-name", public=True)
    for page in ("", "/changelog", "/no-such-door", "/info/refs?service=git-upload-pack"):
        ask(server, f"/{repository.path}{page}")

    assert not [word for word in ("special", "owner") if word in str(counts(server))]


@pytest.mark.parametrize("headers", [STRANGER, {"Forwarded": "for=127.0.0.1"}])
def test_for_a_stranger_there_is_nothing(server: Server, headers: Mapping[str, str]) -> None:
    assert server.request("GET", "/_metrics", headers=headers).status == 404


def test_without_the_setting_there_is_nothing_and_nothing_is_kept(tmp_path: Path) -> None:
    with deployed(tmp_path, "waitress") as server:
        connection = http.client.HTTPConnection(server.authority, timeout=60)
        connection.request("GET", "/_metrics")

        assert connection.getresponse().status == 404
        assert not (tmp_path / "cache" / "metrics").exists()
        connection.close()


def test_the_library_is_imported_only_where_it_is_asked_for() -> None:
    code = "import sys, kallithea.config.application; sys.exit('prometheus_client' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], timeout=PATIENCE).returncode == 0
