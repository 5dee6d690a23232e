"""An instance with people and repositories, served from a process of its own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from kallithea.config.app import App
from kallithea.jobs.counting import count_statistics
from kallithea.lib.access import Access
from kallithea.services.accounts import NewAccount
from kallithea.services.actors import Member, Origin
from kallithea.services.deploy_tokens import NewDeployToken
from kallithea.services.forks import NewFork
from kallithea.services.jobs import Claim
from kallithea.services.repositories import NewRepository
from kallithea.services.statistics import COUNT
from kallithea.services.tokens import NewToken
from kallithea.services.user_groups import AboutUserGroup
from tests import databases
from tests.browser import process, stories
from tests.browser.histories import Story, push, write
from tests.clients.process import new_instance

CHECKOUT = Path(__file__).resolve().parents[2]
PASSWORD = "correct horse"
KINDS = ("git", "hg")
SHOP = {"git": "web/shop", "hg": "web/history"}
HARM = {"git": "harm/git", "hg": "harm/hg"}
EMPTY = {"git": "web/empty-git", "hg": "web/empty-hg"}
SECRET = "secret/plans"
FORK = "web/shop-fork"
"""A fork that nobody has filled."""
GONE = "web/last-year"
"""One that was deleted."""
ABOUT = {"git": "Baskets, orders and invoices for a small town", "hg": "The same shop, kept with Mercurial"}


class House:
    """What a test needs of the instance; the test's own process uses its database, as an administrator would."""

    def __init__(self, folder: Path, app: App, url: str) -> None:
        self.folder = folder
        self.app = app
        self.url = url

    def person(self, name: str, *, administrator: bool = False) -> None:
        with self.app.system_scope() as scope:
            scope.accounts.create(NewAccount(name, f"{name}@example.com", PASSWORD, administrator))

    def repository(self, path: str, kind: str, *, owner: str = "admin", description: str = "", private: bool = False) -> None:
        with self.app.system_scope() as scope:
            new = NewRepository(path, kind, description, private)
            scope.repositories.create(new, owner=scope.accounts.by_name(owner))

    def tell(self, path: str, kind: str, story: Story) -> None:
        """Push a history into a repository, as its owner would."""
        folder = self.folder / "told" / path
        write(kind, story, folder)
        push(kind, folder, self.push_url(path))

    def push_url(self, path: str) -> str:
        """Where the administrator's clients push to."""
        return self.url.replace("//", f"//admin:{PASSWORD.replace(' ', '%20')}@") + f"/{path}"

    def cookie(self, name: str) -> tuple[str, str]:
        """The cookie of a browser in which somebody is signed in."""
        with self.app.system_scope() as scope:
            account = scope.accounts.by_name(name)
            member = Member(account.id, account.name, account.is_administrator)
            origin = Origin("127.0.0.1", "Mozilla/5.0 (X11; Linux) Chromium", "http")
            token, _ = scope.accounts.start_session(member, origin, remember=True)
        return self.app.settings.session_key, token

    def company(self) -> None:
        """Somebody follows a shop and forks it, and the shops are counted."""
        with self.app.system_scope() as scope:
            account = scope.accounts.by_name("admin")
            member = Member(account.id, account.name, account.is_administrator)
            grant = scope.access.administer_repository(scope.access.at(SHOP["git"]))
            scope.followings.follow(grant, member)
            scope.forks.fork(grant, NewFork(FORK), owner=account)
            numbers = [scope.access.at(path).facts.id for path in SHOP.values()]  # type: ignore[union-attr] # they are there
            group = scope.user_groups.create(AboutUserGroup("Sales", "They sell."), owner=scope.accounts.by_name("bob"))
            scope.user_groups.add(scope.access.look_after(group.id), ["admin", "bob"])
            scope.granting.give(grant, "group:Sales", Access.WRITE)
        for number in numbers:
            count_statistics(self.app.job_tools(), Claim(0, f"{COUNT}:{number}", 1, 1, "a test"), threading.Event())

    def programs(self) -> None:
        """The administrator has tokens of several kinds, and a shop has some of its own."""
        with self.app.system_scope() as scope:
            account = scope.accounts.by_name("admin")
            member = Member(account.id, account.name, account.is_administrator)
            grant = scope.access.administer_repository(scope.access.at(SHOP["git"]))
            scope.tokens.create(member, NewToken("nightly build", Access.WRITE, places=("web", SECRET)))
            scope.tokens.create(member, NewToken("inventory of everything", Access.ADMIN, may_use_api=True, lifetime=None))
            scope.tokens.create(member, NewToken("old script", Access.READ, lifetime=timedelta(microseconds=1)))
            scope.deploy_tokens.create(grant, NewDeployToken("web server", Access.READ))

    def gone(self) -> None:
        """Something was deleted, with what somebody has to make again when it comes back."""
        self.repository(GONE, "git", owner="bob", description="What we sold last year")
        with self.app.system_scope() as scope:
            grant = scope.access.administer_repository(scope.access.at(GONE))
            scope.deploy_tokens.create(grant, NewDeployToken("web server", Access.READ))
            scope.repositories.delete(grant)

    def log(self) -> str:
        return (self.folder / "server.log").read_text()


@contextmanager
def furnished(folder: Path) -> Iterator[House]:
    """A house with admin and bob, a shop in git and one in hg, empty repositories, a private one, and two that mean harm."""
    with serving(folder) as house:
        now = int(time.time())
        house.person("admin", administrator=True)
        house.person("bob")
        for kind in KINDS:
            house.repository(SHOP[kind], kind, description=ABOUT[kind])
            house.repository(HARM[kind], kind, description=f"<script>{stories.CANARY}</script>")
            house.repository(EMPTY[kind], kind)
            house.tell(SHOP[kind], kind, stories.shop(now))
            house.tell(HARM[kind], kind, stories.harm(now))
        house.repository(SECRET, "git", private=True)
        house.company()
        house.gone()
        house.programs()
        yield house


@contextmanager
def serving(folder: Path) -> Iterator[House]:
    """Make an instance in an empty folder and serve it on a free port of this machine."""
    new_instance(folder, databases.new_ledger(folder))
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listening, (folder / "server.log").open("wb") as log:
        # By name: browsers keep no passkeys for a number.
        url = f"http://localhost:{listening.getsockname()[1]}"
        (folder / process.SITE).write_text(url)
        child = subprocess.Popen(
            [sys.executable, "-m", "tests.browser.process", str(folder), str(listening.fileno())],
            cwd=CHECKOUT,
            env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
            pass_fds=[listening.fileno()],
            stdout=log,
            stderr=log,
        )
    app = process.build(folder)
    try:
        yield House(folder, app, url)
    finally:
        app.close()
        child.terminate()
        child.wait(30)
