"""Some servers call the application in one thread and take its answer in others, as ours with gevent does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any
from wsgiref.util import setup_testing_defaults

import pytest

from tests.worlds import World


@pytest.fixture(name="threads")
def _threads() -> Iterator[list[ThreadPoolExecutor]]:
    """Three of one thread each."""
    with ExitStack() as stack:
        yield [stack.enter_context(ThreadPoolExecutor(1)) for _ in range(3)]


@pytest.mark.parametrize("kind", ["hg", "git"])
@pytest.mark.parametrize("page", ["", "/changelog", "/raw/tip/README.md", "/archive/tip.tar.gz", "/no-such-page"])
def test_an_answer_is_whole_whichever_threads_take_it(
    world: World, threads: list[ThreadPoolExecutor], kind: str, page: str
) -> None:
    repository = world.repository(kind)
    history = world.history(repository)
    history.commit({"README.md": b"Hello\n" * 1000})
    history.publish()
    environ: dict[str, Any] = {"PATH_INFO": f"{repository.url}{page}", "REMOTE_ADDR": "127.0.0.1"}
    setup_testing_defaults(environ)
    told: list[str] = []

    calls, takes, closes = threads
    answer: Iterable[bytes] = calls.submit(world.wsgi, environ, lambda status, *_: told.append(status)).result()
    body = takes.submit(lambda: b"".join(answer)).result()
    if close := getattr(answer, "close", None):
        closes.submit(close).result()

    expected = world.browser().get(f"{repository.url}{page}")
    assert told == [expected.status]
    assert len(body) == len(expected.body)
