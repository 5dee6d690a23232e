"""What a check is, the list of all checks, and what comes of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from enum import Enum

from kallithea.lib.errors import KallitheaError
from kallithea.selfcheck.outcomes import Failed, NotChecked
from kallithea.selfcheck.world import World

Look = Callable[[World], str]
"""Looks at one thing and says what it found; raises Failed or NotChecked."""

AT_ONCE = 3
"""Checks at the same time: most wait for clients."""
LONGEST = 500
"""Characters of what is said about one check."""


class Status(Enum):
    """How a check ended."""

    OK = "ok"
    FAILED = "failed"
    NOT_CHECKED = "not checked"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing to look at. It is left out where something that it `needs` did not end well, and `quick` runs have the most
    important ones only."""

    name: str
    title: str
    look: Look
    quick: bool
    needs: tuple[str, ...]
    after: tuple[str, ...] = ()
    """What has to have ended before, however it did."""

    @property
    def subject(self) -> str:
        return self.name.partition(".")[0]


@dataclass(frozen=True, slots=True)
class Result:
    """How one check ended: what was found, the hint where it failed, and how many seconds it took."""

    check: Check
    status: Status
    said: str
    hint: str
    seconds: float


class Registry:
    """The checks of one subject, in their order."""

    def __init__(self) -> None:
        self.checks: list[Check] = []

    def check(
        self, name: str, title: str, *, quick: bool = False, needs: Sequence[str] = (), after: Sequence[str] = ()
    ) -> Callable[[Look], Look]:
        """Declare the function below as a check."""

        def declared(look: Look) -> Look:
            self.checks.append(Check(name, title, look, quick, tuple(needs), tuple(after)))
            return look

        return declared


def results(checks: Sequence[Check], world: World) -> Iterator[Result]:
    """Do the checks, some at the same time; the results come in the order of the checks."""
    pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="self-check")
    begun: dict[str, Future[Result]] = {}
    try:
        # Whatever a check waits for stands before it in the list, so a thread never waits for what no thread has begun.
        for check in checks:
            begun[check.name] = pool.submit(_result, check, world, dict(begun))
        for future in begun.values():
            yield future.result()
    finally:
        for future in begun.values():
            future.cancel()
        if not all(future.done() for future in begun.values()):
            world.programs.stop()
        pool.shutdown()


def _result(check: Check, world: World, begun: Mapping[str, Future[Result]]) -> Result:
    awaited = {name: begun[name].result() for name in (*check.needs, *check.after) if name in begun}
    missing = [name for name in check.needs if name not in awaited or awaited[name].status is not Status.OK]
    if missing:
        return Result(check, Status.NOT_CHECKED, f"it needs {' and '.join(missing)}", "", 0.0)
    began = time.monotonic()
    status, said, hint = _looked(check, world)
    return Result(check, status, world.harmless(said)[:LONGEST], world.harmless(hint)[:LONGEST], time.monotonic() - began)


def _looked(check: Check, world: World) -> tuple[Status, str, str]:
    try:
        return Status.OK, check.look(world), ""
    except NotChecked as reason:
        return Status.NOT_CHECKED, str(reason), ""
    except Failed as failed:
        return Status.FAILED, str(failed), failed.hint
    except KallitheaError as error:
        return Status.FAILED, error.message, error.hint or "The log of the server may say more."
    # One check that stumbles shall not keep the others from being done.
    except Exception as error:  # noqa: BLE001
        said = " ".join(f"{type(error).__name__}: {error}".split())
        return Status.FAILED, said, "The log of the server may say more."
