"""Names that are long and begin alike can be told apart, on a phone too."""

from __future__ import annotations

import pytest

from tests.browser.conftest import MakeVisitor
from tests.browser.histories import Story
from tests.browser.house import KINDS, House
from tests.browser.visitor import DESKTOP, PHONE

_WHOLE = """badges => badges.every((badge) => badge.scrollWidth <= badge.clientWidth
  && badge.getBoundingClientRect().right <= badge.closest("section, td").getBoundingClientRect().right)"""
_WITHIN = "row => row.getBoundingClientRect().right <= row.closest('.card').getBoundingClientRect().right + 1"


@pytest.mark.parametrize("kind", KINDS)
def test_branches_of_one_family_are_whole(visits: MakeVisitor, house: House, kind: str) -> None:
    path = f"long-names/{kind}"
    house.repository(path, kind)
    story = Story()
    story.commit("One", {"a.txt": "1\n"})
    for number in range(3):
        branch = f"feature/the-same-team-as-always/and-something-that-takes-long-to-say-{number}"
        story.commit("Two", {f"b{number}.txt": "1\n"}, branch=branch)
    story.bookmarks["release"] = 0
    house.tell(path, kind, story)
    visitor = visits(as_user="admin", size=PHONE)

    summary = visitor.go(f"/{path}").locator("aside .badge.branch")
    assert summary.count() == 4
    assert summary.evaluate_all(_WHOLE)

    visitor.go(f"/{path}/changelog")
    assert visitor.overflow == 0

    branches = visitor.go(f"/{path}/branches")
    for size in (PHONE, DESKTOP):
        visitor.page.set_viewport_size({"width": size[0], "height": size[1]})
        assert branches.locator(".refs .badge").evaluate_all(_WHOLE)
        assert branches.locator(".refs tr").last.evaluate(_WITHIN)
    # On a desktop there is room for each of them on one line, and for what is said beside them.
    heights = {round(row.bounding_box()["height"]) for row in branches.locator(".refs tbody tr").all()}  # type: ignore[index]
    assert max(heights) - min(heights) <= 1
