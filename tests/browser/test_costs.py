"""What coming back costs, and what the largest lists cost. Every page's first visit is measured in test_every_page."""

from __future__ import annotations

import pytest

from tests.browser.costs import measured
from tests.browser.histories import push
from tests.browser.house import SHOP, House
from tests.browser.visitor import Visitor
from tests.clients.histories import empty_working_copy, write_history

PAGES_THAT_ARE_KEPT = ("changelog", "files/main/shop", "files/main/shop/basket.py", "changeset/v1.1", "branches")


@pytest.mark.parametrize("page", PAGES_THAT_ARE_KEPT)
def test_page_that_did_not_change_is_not_sent_again(admin: Visitor, page: str) -> None:
    first = measured(admin, f"/{SHOP['git']}/{page}?again=1")
    admin.page.goto("about:blank")

    again = measured(admin, f"/{SHOP['git']}/{page}?again=1")

    assert 200 in first.statuses.values()
    assert [*again.statuses.values()] == [304]
    assert again.requests == 1
    assert again.received < 1500


def test_second_page_brings_its_html_alone(admin: Visitor) -> None:
    measured(admin, f"/{SHOP['git']}/branches")

    second = measured(admin, f"/{SHOP['git']}/tags")

    assert second.requests == 1, second


def test_the_usual_page_of_a_long_history_keeps_to_the_budget(admin: Visitor, house: House) -> None:
    """As many as a page has where the administrator sets nothing else."""
    house.repository("many/commits", "git")
    write_history(empty_working_copy("git", house.folder / "many"), 130)
    push("git", house.folder / "many", house.push_url("many/commits"))

    cost = measured(admin, "/many/commits/changelog?size=50")

    assert admin.page.locator(".history li").count() == 50
    assert cost.received <= 60_000
