"""One run: cleans up after earlier ones, sets the scene, does the checks, and takes everything away again."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from argon2 import PasswordHasher

from kallithea.config.app import App
from kallithea.config.settings import Settings
from kallithea.config.web import wsgi_chain
from kallithea.lib.clock import Clock, utc_now
from kallithea.lib.passwords import Passwords
from kallithea.selfcheck import clients, environment, openssh, pages, strangers
from kallithea.selfcheck.checks import Check, Result, Status, results
from kallithea.selfcheck.names import new_name
from kallithea.selfcheck.programs import Programs
from kallithea.selfcheck.props import Props, leftovers, new_folder, remove_left_folders
from kallithea.selfcheck.serving import served, ssh_served
from kallithea.selfcheck.web import Web
from kallithea.selfcheck.world import World

CHECKS: tuple[Check, ...] = tuple(
    check for subject in (environment, clients, openssh, strangers, pages) for check in subject.REGISTRY.checks
)
"""All checks, in their order."""

CLEANING = Check("cleaning", "taking everything away again", lambda _: "", True, ())


@dataclass(frozen=True, slots=True)
class Wishes:
    """What to try: the server at `url`, or one of this process where that is empty; all checks, or the quick ones.

    Tests put something around the application with `around`, choose the clock and the cost of passwords, and name the checks
    that they want with `only`: those are done with what they need.
    """

    url: str = ""
    quick: bool = False
    around: Callable[[Any], Any] = lambda application: application
    clock: Clock = utc_now
    passwords: Passwords | None = None
    only: frozenset[str] = frozenset()

    def checks(self) -> Sequence[Check]:
        """What is to be done, in its order."""
        wanted = [check for check in CHECKS if check.quick or not self.quick]
        if not self.only:
            return wanted
        needed = set(self.only)
        for check in reversed(CHECKS):  # what a check needs stands before it
            needed |= set(check.needs) if check.name in needed else set()
        return [check for check in CHECKS if check.name in needed]


def throw_away() -> Passwords:
    """What hashes the passwords of a run: 256 random bits, which nobody guesses however cheap a guess is."""
    return Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


def run(settings: Settings, wishes: Wishes) -> Generator[Result, None, None]:
    """The results one after the other, as they are known."""
    # Counting is for those who use the site, and its files belong to the real server. One after the other needs one helper.
    app = App.build(dataclasses.replace(settings, metrics=False, hg_helpers=1), passwords=wishes.passwords or throw_away())
    try:
        secret = settings.session_secret
        for name in leftovers(app, secret, wishes.clock()):
            Props(app, name).remove()
        remove_left_folders(secret, wishes.clock())
        with ExitStack() as stack:
            world = stack.enter_context(_world(app, settings, wishes))
            yield from results(wishes.checks(), world)
            problem = _removed(world.props)
        if problem is not None:
            hint = "Nothing of it opens anything for longer than 15 minutes; the next run tries again in an hour."
            yield Result(CLEANING, Status.FAILED, world.harmless(str(problem)), hint, 0.0)
    finally:
        app.close()


@contextmanager
def _world(app: App, settings: Settings, wishes: Wishes) -> Iterator[World]:
    name = new_name(settings.session_secret, wishes.clock())
    folder = new_folder(name)
    props = Props(app, name)
    try:
        with ExitStack() as stack:
            is_running = bool(wishes.url)
            site = wishes.url or stack.enter_context(served(wishes.around(wsgi_chain(app))))
            ssh_place = None
            if settings.ssh_enabled:
                ssh_place = settings.ssh_place if is_running else stack.enter_context(ssh_served(app, folder))
            programs = Programs.found(folder, git_path=settings.git_path)
            yield World(app, settings, Web(site), programs, folder, props, wishes.clock, is_running, ssh_place)
    finally:
        # Whatever ended the run; after a good end there is nothing left to take away.
        with suppress(Exception):
            props.remove()
        shutil.rmtree(folder, ignore_errors=True)


def _removed(props: Props) -> Exception | None:
    try:
        props.remove()
    except Exception as error:  # noqa: BLE001 - whatever it is, it is told as a result
        return error
    return None
