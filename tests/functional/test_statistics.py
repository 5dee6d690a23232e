"""The statistics of a repository, as they are shown."""

from __future__ import annotations

from kallithea.jobs.table import KINDS
from kallithea.jobs.worker import Worker
from kallithea.services.statistics import COUNT
from tests.worlds import World, both_kinds


def count(world: World, number: int) -> None:
    with world.app.system_scope() as scope:
        scope.jobs.ask(f"{COUNT}:{number}")
    worker = Worker(world.app.job_tools(), [COUNT])
    while worker.run_one():
        pass
    assert COUNT in KINDS


@both_kinds
def test_statistics_are_drawn_with_a_table_beside(world: World, kind: str) -> None:
    repository = world.repository(kind)
    world.filled(repository, {"a.py": b"x = 1\n"}, {"b.md": b"# Text\n"})
    browser = world.browser()
    before = browser.get(f"{repository.url}/statistics", status=200)
    assert "will be counted within the hour" in before
    assert not before.html.find("main").find_all("svg")

    count(world, repository.id)

    page = browser.get(f"{repository.url}/statistics", status=200)
    assert "2 commits" in page
    chart = page.html.find("figure").find("svg")
    assert chart["aria-label"].startswith("Commits by week from 2019-07-08 to 2019-12-30, at most 2")
    assert [bar.text for bar in chart.find_all("title")] == ["2019-12-30: 2 commits"]
    assert "Ann Author" in page.html.find("main").text
    assert {"Python", "Markdown"} <= {cell.text.strip() for cell in page.html.find_all("td")}


def test_an_empty_repository_has_nothing_to_count(world: World) -> None:
    repository = world.repository()

    count(world, repository.id)

    assert "Nothing to count yet" in world.browser().get(f"{repository.url}/statistics")


def test_private_statistics_are_private(world: World) -> None:
    repository = world.repository(private=True)

    assert world.browser(world.person()).get(f"{repository.url}/statistics").status_int == 404
