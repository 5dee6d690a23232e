"""Reading histories through the whole application: filters, pages, former names, refs, and lists for programs."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from urllib.parse import unquote

import pytest

from tests.worlds import Browser, Hosted, World

BOTH = pytest.mark.parametrize("kind", ["hg", "git"])
Made = Callable[[str], tuple[Browser, Hosted]]


@pytest.fixture
def made(world: World) -> Made:
    """A reader, and a repository with five commits: four of `a` and one that renamed it to `b`."""

    def make(kind: str) -> tuple[Browser, Hosted]:
        reader = world.person()
        repository = world.repository(kind, f"histories{world.number}", readers=[reader])
        history = world.history(repository)
        for number in range(4):
            history.commit({"a": b"line\n" * 20 + b"%d\n" % number, "other": b"%d" % number}, f"Step {number}")
        history.commit(rename=("a", "b"), message="Rename it")
        history.tag("v1")
        history.publish()
        return world.browser(reader), repository

    return make


def summaries(text: str) -> list[str]:
    return [one for one in re.findall(r'<div class="what"><span><a href="[^"]*">([^<]*)</a>', text) if "tag" not in one.lower()]


@BOTH
def test_text_filter_is_shown_and_kept_from_page_to_page(made: Made, kind: str) -> None:
    reader, repository = made(kind)

    first = reader.get(f"/{repository.path}/changelog?text=step&size=3", status=200)
    older = re.search(r'rel="next" href="([^"]*)"', first.text)
    assert older
    second = reader.get(older[1].replace("&amp;", "&"), status=200)

    assert (summaries(first.text), summaries(second.text)) == (["Step 3", "Step 2", "Step 1"], ["Step 0"])
    assert "Text: step" in second.text


@BOTH
def test_filters_that_find_nothing_say_so(made: Made, kind: str) -> None:
    reader, repository = made(kind)

    answer = reader.get(f"/{repository.path}/changelog?text=step&author=nobody-has-this-name", status=200)

    assert "No commit is as the filters want it." in answer.text


@BOTH
@pytest.mark.parametrize("day", ["yesterday", "2026-02-30", "9999-12-31", "0001-01-01", "2026-01-01T00:00"])
def test_day_is_read_or_refused_in_the_form(made: Made, kind: str, day: str) -> None:
    reader, repository = made(kind)

    answer = reader.get(f"/{repository.path}/changelog?until={day}", status="*")

    assert answer.status_int == (200 if day == "0001-01-01" else 400)
    assert "More filters" in answer.text


def test_query_of_hg_finds_commits(made: Made) -> None:
    reader, repository = made("hg")

    answer = reader.get(f"/{repository.path}/changelog?rev=desc('step')+and+not+desc('step+2')", status=200)

    assert summaries(answer.text) == ["Step 3", "Step 1", "Step 0"]


@pytest.mark.parametrize(
    "query",
    [
        "grep('(a+)%2B$')",
        "file('listfile:/etc/passwd')",
        "file('set:grep(x)')",
        "file('re:(a*)*b')",
        "user('re:(a*)*b')",
        "user('re'+%23%23+':x')",
        "desc(re:x)",
        "hidden()",
        "outgoing('ext::sh+-c+true')",
        "remote('x','y')",
        "wdir()",
        "_matchfiles('r:')",
        "nosuchname",
        "((((",
        "(" * 499,
        "!" * 499,
        "all()+or+" * 100 + "all()",
        "",
    ],
)
def test_hostile_query_is_refused_in_the_form(made: Made, query: str) -> None:
    reader, repository = made("hg")

    answer = reader.get(f"/{repository.path}/changelog?rev={query}", status="*")

    assert answer.status_int == (400 if query else 200)


def test_query_that_takes_too_long_is_ended(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    reader, repository = made("hg")
    monkeypatch.setattr("kallithea.services.histories.SEARCH_SECONDS", 0.0)

    answer = reader.get(f"/{repository.path}/changelog?rev=merge()+and+desc('x')", status="*")

    assert (answer.status_int, "It takes longer than 0 seconds." in answer.text) in [(400, True), (200, False)]


def test_git_has_no_query_field(made: Made) -> None:
    reader, repository = made("git")

    assert 'name="rev"' not in reader.get(f"/{repository.path}/changelog").text
    assert reader.get(f"/{repository.path}/changelog?rev=all()", status=400)


@BOTH
def test_search_without_time_offers_to_go_on(made: Made, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    reader, repository = made(kind)
    monkeypatch.setattr("kallithea.services.histories.SEARCH_SECONDS", 0.0)
    stopped = reader.get(f"/{repository.path}/changelog?text=step", status=200)
    onward = re.search(r'href="([^"]*)" rel="next nofollow">Go on from here', stopped.text)
    assert onward

    monkeypatch.setattr("kallithea.services.histories.SEARCH_SECONDS", 60.0)
    answer = reader.get(onward[1].replace("&amp;", "&"), status=200)

    assert summaries(answer.text) == ["Step 3", "Step 2", "Step 1", "Step 0"]


@BOTH
@pytest.mark.parametrize("after", ["x", "1", "1~", "~1", "-1~1", "1~x", "1~1.%00", "9999999999~1"])
def test_place_that_cannot_be_is_refused(made: Made, kind: str, after: str) -> None:
    reader, repository = made(kind)

    assert reader.get(f"/{repository.path}/changelog?after={after}", status=400)


@BOTH
def test_file_is_followed_to_its_former_name(made: Made, kind: str) -> None:
    reader, repository = made(kind)

    answer = reader.get(f"/{repository.path}/changelog/tip/b", status=200)

    assert summaries(answer.text) == ["Rename it", "Step 3", "Step 2", "Step 1", "Step 0"]
    former = re.search(r'renamed from <a href="([^"]*)">a</a>', answer.text)
    assert former
    assert summaries(reader.get(unquote(former[1]), status=200).text) == ["Step 3", "Step 2", "Step 1", "Step 0"]


@BOTH
def test_pages_of_a_renamed_file_go_on_with_its_former_name(made: Made, kind: str) -> None:
    reader, repository = made(kind)
    found, url = [], f"/{repository.path}/changelog/tip/b?size=1"
    for _ in range(10):
        answer = reader.get(url, status=200)
        found += summaries(answer.text)
        older = re.search(r'rel="next" href="([^"]*)"', answer.text)
        if older is None:
            break
        url = older[1].replace("&amp;", "&")

    assert found == ["Rename it", "Step 3", "Step 2", "Step 1", "Step 0"]


@BOTH
def test_history_for_programs_is_json(made: Made, kind: str) -> None:
    reader, repository = made(kind)

    answer = json.loads(reader.get(f"/{repository.path}/history/tip/b", status=200).text)

    groups = {group["text"]: group["children"] for group in answer["results"]}
    assert (answer["more"], len(groups["Changesets"]), [one["text"] for one in groups["Tags"]]) == (False, 5, ["v1"])
    assert all(len(one["id"]) == 40 for one in groups["Changesets"])


@BOTH
def test_authors_for_programs_are_json(made: Made, kind: str) -> None:
    reader, repository = made(kind)

    answer = json.loads(reader.get(f"/{repository.path}/authors/tip/b", status=200).text)

    assert answer == {"more": False, "authors": [{"name": "Ann Author", "email": "ann@example.com", "commits": 5}]}


@BOTH
def test_details_of_a_commit_are_on_its_page(made: Made, kind: str) -> None:
    reader, repository = made(kind)

    answer = reader.get(f"/{repository.path}/changelog_details/tip", status=303)

    assert answer.location.endswith(f"/{repository.path}/changeset/tip")
    assert reader.get(f"/{repository.path}/changelog_details/nothing", status=303).follow(status=404)


@BOTH
def test_refs_for_programs_are_json(made: Made, kind: str) -> None:
    reader, repository = made(kind)

    answer = json.loads(reader.get(f"/{repository.path}/refs-data", status=200).text)

    names = {group["text"]: [(one["text"], one["type"]) for one in group["children"]] for group in answer["results"]}
    assert names == {"Branch": [({"hg": "default", "git": "main"}[kind], "branch")], "Tag": [("v1", "tag")]}


@BOTH
def test_names_that_a_program_has_are_not_sent_again_until_one_moves(world: World, kind: str) -> None:
    reader = world.person()
    repository = world.repository(kind, f"histories{world.number}", readers=[reader])
    history = world.history(repository)
    history.commit({"a.txt": b"0"})
    history.publish()
    browser, address = world.browser(reader), f"/{repository.path}/refs-data"
    first = browser.get(address, status=200)

    same = browser.get(address, headers={"If-None-Match": first.headers["ETag"]}, status=304)
    history.tag("v1")
    history.publish()
    moved = browser.get(address, headers={"If-None-Match": first.headers["ETag"]}, status=200)

    assert (same.body, '"v1"' in moved.text, '"v1"' in first.text) == (b"", True, False)


@BOTH
def test_tags_say_who_gave_them(made: Made, kind: str) -> None:
    reader, repository = made(kind)

    answer = reader.get(f"/{repository.path}/tags", status=200)

    assert "Ann Author" in answer.text


@BOTH
def test_branches_say_how_far_they_are_from_the_default(world: World, kind: str) -> None:
    reader = world.person()
    repository = world.repository(kind, f"histories{world.number}", readers=[reader])
    history = world.history(repository)
    default = {"hg": "default", "git": "main"}[kind]
    history.commit({"a": b"1"})
    history.commit({"b": b"1"}, branch="side")
    history.commit({"b": b"2"})
    history.switch(default)
    history.commit({"a": b"2"})
    history.publish()

    answer = world.browser(reader).get(f"/{repository.path}/branches", status=200)

    assert "2 ahead, 1 behind" in answer.text
