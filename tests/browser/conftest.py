"""One house and one browser for all tests of a worker; each visitor has cookies and a cache of their own.

Visitors complain about errors in the console, violated policies, dialogs, missing files and requests to other hosts; a test in
which one did fails.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser import chromium
from tests.browser.house import House, furnished
from tests.browser.visitor import Visitor, open_browser

MakeVisitor = Callable[..., Visitor]


@pytest.fixture(name="chromium", scope="session")
def _chromium() -> Iterator[Browser]:
    program = chromium.find()
    if program is None:
        pytest.skip("Chromium is not installed (on Debian: apt-get install chromium)")
    with chromium.started(program) as browser:
        yield browser


@pytest.fixture(name="house", scope="session")
def _house(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with furnished(tmp_path_factory.mktemp("house")) as house:
        yield house


@pytest.fixture(name="visits")
def _visits(chromium: Browser, house: House) -> Iterator[MakeVisitor]:
    """Makes visitors; takes what `open_browser` takes. All that they complained about fails the test."""
    visitors: list[Visitor] = []

    def visit(**options: object) -> Visitor:
        visitors.append(open_browser(chromium, house, **options))  # type: ignore[arg-type] # handed on as they are
        return visitors[-1]

    yield visit
    complaints = [complaint for visitor in visitors for complaint in visitor.complaints]
    for visitor in visitors:
        visitor.page.context.close()
    assert not complaints


@pytest.fixture(name="guest")
def _guest(visits: MakeVisitor) -> Visitor:
    """Somebody who is not signed in."""
    return visits()


@pytest.fixture(name="admin")
def _admin(visits: MakeVisitor) -> Visitor:
    """The administrator, signed in."""
    return visits(as_user="admin")
