"""The log of what was done, as administrators find and take it."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta
from typing import Any

import pytest

from kallithea.services.actors import Anonymous, Origin
from kallithea.services.audit import Target
from tests.functional.forms import form_with
from tests.worlds import Browser, World

EVIL_CELLS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1", '=HYPERLINK("https://evil.example","x")', "＝1"]


@pytest.fixture(name="boss")
def _boss(world: World) -> Browser:
    return world.browser(world.administrator)


def record(world: World, name: str, *, client: str = "", address: str = "") -> None:
    with world.app.system_scope() as scope:
        scope.audit._origin = Origin(address, client, "http")
        scope.audit.record(
            "user.change", Target("user", None, name), before={"name": name}, after={"name": "x"}, actor=Anonymous()
        )


def lines_of(boss: Browser, query: str) -> list[dict[str, Any]]:
    answer = boss.get(f"/_admin/activity/jsonl?{query}", status=200)
    return [json.loads(line) for line in answer.text.splitlines()]


def test_deeds_are_found_by_the_form(world: World, boss: Browser) -> None:
    alice = world.person()
    boss.post(f"/_admin/users/{alice.id}", {"username": alice.name, "email": f"{alice.name}@example.com"}, status=303)
    form = form_with(boss.get("/_admin/activity", status=200), "actor")
    form["actor"], form["action"], form["target"] = world.administrator.name, "user.change", f"user:{alice.id}"
    today = world.clock().date()
    form["since"] = form["until"] = today.isoformat()

    page = form.submit(status=200)

    assert "is_active: yes → no" in page.text
    assert page.text.count("<tr>") == 2
    form["until"] = (today - timedelta(days=1)).isoformat()
    assert "Nothing matches" in form.submit(status=200).text


@pytest.mark.parametrize(
    "query", ["since=yesterday", "until=2026-13-01", "action=user.enchant", "action=%25", "actor=" + "x" * 256]
)
@pytest.mark.parametrize("kind", ["", "/csv", "/jsonl"])
def test_a_search_that_means_nothing_is_refused(boss: Browser, query: str, kind: str) -> None:
    answer = boss.get(f"/_admin/activity{kind}?{query}")

    assert answer.status_int == 400


@pytest.mark.parametrize("query", ["before=x", "before=-1", "after=99999999999999999999"])
def test_a_place_that_is_none_is_refused(boss: Browser, query: str) -> None:
    assert boss.get(f"/_admin/activity?{query}").status_int == 400


def test_older_and_newer_pages_lead_to_each_other(world: World, boss: Browser) -> None:
    for number in range(60):
        record(world, f"paged{number}")
    first = boss.get("/_admin/activity?action=user.change", status=200)
    second = first.click("Older")
    back = second.click("Newer")

    assert "paged59" in first.text
    assert "paged59" not in second.text
    assert "paged5 " in second.text.replace("</a>", " ")
    assert first.text.count("paged") == back.text.count("paged")


def test_the_whole_log_is_taken_as_lines_of_json(world: World, boss: Browser) -> None:
    record(world, "for-json")

    (line,) = lines_of(boss, "target=for-json")

    assert (line["actor"], line["before"], line["after"]) == ("anyone", {"name": "for-json"}, {"name": "x"})
    answer = boss.get("/_admin/activity/jsonl?target=for-json")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="activity.jsonl"'
    assert answer.headers["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize("evil", EVIL_CELLS, ids=ascii)
def test_csv_formula_injection_is_defused(world: World, boss: Browser, evil: str) -> None:
    record(world, f"cell{evil!a}", client=evil)
    record(world, evil, client="harmless")

    text = boss.get("/_admin/activity/csv", status=200).text
    rows = list(csv.DictReader(io.StringIO(text, newline="")))

    cells = [cell for row in rows for cell in row.values()]
    assert any(cell == f"'{evil}" for cell in cells)
    assert [cell for cell in cells if cell.strip(" ")[:1] in ("=", "+", "-", "@", "\t", "\r", "\n", "＝")] == []


def test_the_log_shows_what_others_wrote_as_text(world: World, boss: Browser) -> None:
    record(world, "<script>alert(1)</script>")

    page = boss.get("/_admin/activity?action=user.change", status=200)

    assert "<script>alert" not in page.text


def test_forms_cannot_write_into_the_log(world: World, boss: Browser) -> None:
    for method in ("post", "put", "delete"):
        answer = boss.request(method.upper(), "/_admin/activity")
        assert answer.status_int in (400, 405)


def test_signing_in_failing_and_signing_out_are_told_with_the_address(world: World, boss: Browser) -> None:
    alice = world.person()
    browser = world.browser()
    browser.sign_in(alice, password="wrong wrong")
    browser.sign_in(alice)
    browser.post("/_admin/logout", status=303)

    told = lines_of(boss, f"target=user:{alice.id}")

    assert [(line["action"], line["actor"]) for line in told][:3] == [
        ("session.end", alice.name),
        ("session.start", alice.name),
        ("session.fail", "anyone"),
    ]
    assert len({line["address"] for line in told[:3]}) == 1
    assert told[0]["address"].startswith("10.")
