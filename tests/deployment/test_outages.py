"""What breaks while the server runs, and comes back: said in clear words, with the right status, and well again by itself."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from kallithea.services.actors import Member, Origin
from tests import databases
from tests.clients.server import Answer, Person, Server, serving
from tests.deployment.small_disks import full, read_only

PATIENCE = 90.0

pytestmark = pytest.mark.filterwarnings(
    # PyMySQL leaves the socket of a connection that was refused to the garbage collector.
    "ignore::pytest.PytestUnraisableExceptionWarning"
)


def signed_in(server: Server, person: Person) -> dict[str, str]:
    """The cookie of a browser in which this person is signed in."""
    with server.app.system_scope() as scope:
        row = scope.accounts.by_name(person.name)
        token, _ = scope.accounts.start_session(
            Member(row.id, row.name), Origin("127.0.0.1", "a browser", "http"), remember=True
        )
    return {"Cookie": f"{server.app.settings.session_key}={token}"}


def soon(act: Callable[[], bool]) -> bool:
    """Whether it becomes true."""
    until = time.monotonic() + PATIENCE
    while not (done := act()) and time.monotonic() < until:
        time.sleep(0.2)
    return done


def is_signed_in(server: Server, cookie: dict[str, str]) -> bool:
    return server.request("GET", "/_admin/my_account", headers=cookie).status == 200


@pytest.mark.parametrize("engine_name", ["postgresql", "mariadb"])
def test_a_database_that_goes_away_is_waited_for(tmp_path: Path, engine_name: str) -> None:
    with databases.private(engine_name) as database, serving(tmp_path, database_url=database.new_ledger()) as server:
        alice = server.user()
        repositories = [server.repository(kind=kind, writers=[alice]) for kind in ("git", "hg")]
        works = [alice.clone(repository) for repository in repositories]
        cookie = signed_in(server, alice)
        assert is_signed_in(server, cookie)

        database.stop()
        pages = [server.request("GET", path, headers=cookie) for path in ("/", "/_admin/my_account", "/", "/_admin/login")]
        refused = [alice.tries_to_clone(repository) for repository in repositories]
        pushes = [work.commit("hello.txt").push() for work in works]
        database.start()

        assert {page.status for page in pages} == {503}
        assert all(page.headers["retry-after"] and "cannot be reached at the moment" in page.body.decode() for page in pages)
        assert not any("set-cookie" in page.headers for page in pages)
        assert all(outcome.refused_with("503") for outcome in (*refused, *pushes)), [o.text for o in (*refused, *pushes)]
        assert refused[1].says("The database cannot be reached at the moment")
        assert soon(lambda: is_signed_in(server, cookie))
        assert all(work.push().worked for work in works)
        assert [len(server.pushes(repository)) for repository in repositories] == [1, 1]
        log = server.log()
        assert log.count("The database is in trouble") == 1
        assert log.count("The database is well again") == 1
        assert "Traceback" not in log


def test_a_locked_database_file_is_waited_for(tmp_path: Path) -> None:
    with serving(tmp_path, database_url=f"{databases.new_ledger(tmp_path, 'sqlite')}?timeout=1") as server:
        alice = server.user()
        cookie = signed_in(server, alice)
        other = sqlite3.connect(tmp_path / "kallithea.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        while_locked = server.request("GET", "/_admin/my_account", headers=cookie)
        refused = sign_in(server, alice)
        other.execute("ROLLBACK")
        other.close()

        assert while_locked.status == 200
        assert refused.status == 503
        assert "kept busy by others" in refused.body.decode()
        assert sign_in(server, alice).status in (302, 303)


def sign_in(server: Server, person: Person) -> Answer:
    """Fill the sign-in form, as a browser without a cookie."""
    token = server.request("GET", "/_admin/session_csrf_secret_token")
    cookies = "; ".join(token.headers["set-cookie"].split(";")[:1])
    body = (
        f"_session_csrf_secret_token={token.body.decode()}&username={person.name}&password={person.password.replace(' ', '+')}"
    )
    headers = {"Cookie": cookies, "Content-Type": "application/x-www-form-urlencoded", "Content-Length": str(len(body))}
    return server.request("POST", "/_admin/login", headers=headers, body=body.encode())


def test_a_full_disk_refuses_pushes_and_serves_pages(small_disk: Path, tmp_path: Path) -> None:
    (small_disk / "server.log").symlink_to(tmp_path / "server.log")
    with serving(small_disk, database_url=databases.new_ledger(small_disk, "sqlite")) as server:
        alice = server.user()
        repositories = [server.repository(kind=kind, writers=[alice]) for kind in ("git", "hg")]
        server.new_folder = lambda: tmp_path / f"work{len(list(tmp_path.iterdir()))}"  # type: ignore[method-assign] # elsewhere
        works = [alice.clone(repository) for repository in repositories]
        for work in works:
            assert work.commit("hello.txt").push().worked
            work.commit("large.bin", os.urandom(6 << 20))
        before = [server.backend(repository).reader.refs() for repository in repositories]
        cookie = signed_in(server, alice)
        assert is_signed_in(server, cookie)

        with full(small_disk):
            pushes = [work.push() for work in works]
            pages = [server.request("GET", f"/{r.path}", headers=cookie) for r in repositories]
            posted = sign_in(server, alice)
            after = [server.backend(repository).reader.refs() for repository in repositories]

        assert [page.status for page in pages] == [200, 200]
        assert not any(outcome.worked for outcome in pushes)
        assert posted.status == 503, posted
        assert "disk is full" in posted.body.decode()
        assert after == before
        assert all(outcome.says("No space left") or outcome.says("disk is full") for outcome in pushes), [
            o.text for o in pushes
        ]
        again = [work.push() for work in works]
        assert all(outcome.worked for outcome in again), [outcome.text for outcome in again]
        assert all(work.verify().worked for work in works)


def test_a_store_that_can_only_be_read_refuses_pushes_and_serves_pages(small_disk: Path, tmp_path: Path) -> None:
    (small_disk / "server.log").symlink_to(tmp_path / "server.log")
    with serving(small_disk, database_url=databases.new_ledger(tmp_path, "sqlite")) as server:
        alice = server.user()
        repositories = [server.repository(kind=kind, writers=[alice]) for kind in ("git", "hg")]
        server.new_folder = lambda: tmp_path / f"work{len(list(tmp_path.iterdir()))}"  # type: ignore[method-assign] # elsewhere
        works = [alice.clone(repository) for repository in repositories]
        for work in works:
            assert work.commit("hello.txt").push().worked
            work.commit("again.txt")

        cookie = signed_in(server, alice)
        with read_only(small_disk):
            pushes = [work.push() for work in works]
            clones = [alice.tries_to_clone(repository) for repository in repositories]
            pages = [server.request("GET", f"/{repository.path}", headers=cookie) for repository in repositories]

        assert [page.status for page in pages] == [200, 200]
        assert all(outcome.worked for outcome in clones), [o.text for o in clones]
        assert all(outcome.refused_with("503") for outcome in pushes), [o.text for o in pushes]
        assert pushes[1].says("can only read its files")
        assert all(work.push().worked for work in works)
