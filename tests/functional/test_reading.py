"""Reading a repository: folders with their last commits, and who wrote which line."""

from __future__ import annotations

import io
import re
import tarfile

import pytest

from kallithea.lib.vcs import ArchiveFormat
from tests.worlds import TRUNK, World, both_kinds


@both_kinds
def test_folder_says_the_last_commit_of_each_name(world: World, kind: str) -> None:
    repository = world.repository(kind)
    first, second = world.filled(repository, {"old.txt": b"1\n", "f/new.txt": b"1\n"}, {"f/new.txt": b"2\n"})

    page = world.browser().get(f"{repository.url}/files/{TRUNK[kind]}", status=200).text

    entries = re.findall(
        r'<a class="entry \w+" href="[^"]*">([^<]*)</a></td><td class="message wide"><a href="[^"]*/changeset/(\w+)"', page
    )
    assert entries == [("f/", second), ("old.txt", first)]


@both_kinds
def test_summary_says_the_last_commits_too(world: World, kind: str) -> None:
    repository = world.repository(kind)
    [commit] = world.filled(repository, {"a.txt": b"1\n"})

    page = world.browser().get(repository.url, status=200).text

    assert f'<td class="message wide"><a href="{repository.url}/changeset/{commit}"' in page


def test_large_folder_is_shown_in_pages(world: World) -> None:
    repository = world.repository("git")
    world.filled(repository, {f"f/{number:04}": b"" for number in range(1001)})
    browser = world.browser()

    first, second = (browser.get(f"{repository.url}/files/main/f?page={number}", status=200).text for number in (1, 2))

    assert (first.count('class="entry file"'), second.count('class="entry file"')) == (1000, 1)
    assert "1,001 to 1,001 of 1,001" in second
    assert browser.get(f"{repository.url}/files/main/f?page=3").status_int == 404


@both_kinds
def test_annotation_leads_to_the_commits_of_lines_and_to_the_file_before(world: World, kind: str) -> None:
    repository = world.repository(kind)
    first, second = world.filled(repository, {"a.txt": b"one\ntwo\n"}, {"a.txt": b"one\n2\n"})

    page = world.browser().get(f"{repository.url}/annotate/{TRUNK[kind]}/a.txt", status=200).text

    assert re.findall(r'class="what" href="[^"]*/changeset/(\w+)"', page) == [first, second]
    assert re.findall(r'class="before" href="([^"]*)"', page) == [f"{repository.url}/annotate/{first}/a.txt#L2"]


@both_kinds
def test_file_without_lines_has_no_annotation_but_a_way_back(world: World, kind: str) -> None:
    repository = world.repository(kind)
    world.filled(repository, {"blob": b"\0\0"})

    page = world.browser().get(f"{repository.url}/annotate/{TRUNK[kind]}/blob", status=200).text

    assert f'href="{repository.url}/files/{TRUNK[kind]}/blob"' in page


@both_kinds
@pytest.mark.parametrize("name", ["tip", "{branch}", "{id}"])
def test_revision_is_taken_away_as_one_file(world: World, kind: str, name: str) -> None:
    repository = world.repository(kind, f"group{world.number}/packed")
    [commit] = world.filled(repository, {"a.txt": b"1\n", "f/b.txt": b"2\n"})

    answer = world.browser().get(f"{repository.url}/archive/{name.format(branch=TRUNK[kind], id=commit)}.tar.gz", status=200)

    prefix = f"{repository.path.replace('/', '_')}-{commit[:12]}"
    assert answer.headers["Content-Disposition"].startswith(f'attachment; filename="{prefix}.tar.gz"')
    with tarfile.open(fileobj=io.BytesIO(answer.body)) as tar:
        assert {member.name for member in tar.getmembers() if member.isfile()} == {f"{prefix}/a.txt", f"{prefix}/f/b.txt"}


@both_kinds
def test_links_of_a_folder_take_just_that_folder_away(world: World, kind: str) -> None:
    repository = world.repository(kind)
    world.filled(repository, {"a.txt": b"1\n", "a & b/c.txt": b"2\n"})
    browser = world.browser()
    page = browser.get(f"{repository.url}/files/{TRUNK[kind]}/a%20%26%20b", status=200)

    links = page.html.select("a[href*='/archive/']")
    archives = [browser.get(link["href"], status=200) for link in links]

    assert [archive.content_type for archive in archives] == [one.content_type for one in ArchiveFormat]
    with tarfile.open(fileobj=io.BytesIO(archives[-1].body)) as tar:
        assert [member.name.partition("/")[2] for member in tar.getmembers() if member.isfile()] == ["a & b/c.txt"]


@pytest.mark.parametrize("name", ["tip.rar", "nothing.zip", "tip.zip?path=nothing", "tip"])
def test_archive_of_nothing_is_not_found(world: World, name: str) -> None:
    repository = world.repository("git")
    world.filled(repository, {"a.txt": b"1\n"})

    assert world.browser().get(f"{repository.url}/archive/{name}").status_int == 404


@both_kinds
def test_file_is_found_by_parts_of_its_name(world: World, kind: str) -> None:
    repository = world.repository(kind)
    world.filled(repository, dict.fromkeys(["shop/basket.py", "tests/test_basket.py", "docs/bath/skeet.md", "other"], b"1\n"))

    page = world.browser().get(f"{repository.url}/find/{TRUNK[kind]}?q=BASK+py", status=200)

    assert [link.text for link in page.html.select(".found a")] == ["shop/basket.py", "tests/test_basket.py"]
    assert "2 of 4 files" in page.text


@both_kinds
def test_list_of_all_files_is_json_that_need_not_be_sent_twice(world: World, kind: str) -> None:
    repository = world.repository(kind)
    [commit] = world.filled(repository, {"a/b.txt": b"1\n", "c d": b"2\n"})
    browser, url = world.browser(), f"{repository.url}/nodelist/{TRUNK[kind]}"

    answer = browser.get(url, status=200)

    assert answer.json == {
        "revision": commit,
        "nodes": [{"name": "a/b.txt", "type": "file"}, {"name": "c d", "type": "file"}],
    }
    assert browser.get(url, headers={"If-None-Match": answer.headers["ETag"]}).status_int == 304


@both_kinds
def test_list_of_files_below_a_folder_is_at_the_address_that_scripts_know(world: World, kind: str) -> None:
    repository = world.repository(kind)
    world.filled(repository, {"a/b.txt": b"1\n", "ab": b"2\n", "a/c/d": b"3\n"})
    browser, url = world.browser(), f"{repository.url}/nodelist/tip"

    below = browser.get(f"{url}/a", status=200).json["nodes"]

    assert [node["name"] for node in below] == ["a/b.txt", "a/c/d"]
    assert len(browser.get(f"{url}/", status=200).json["nodes"]) == 3
    browser.get(f"{url}/nothing", status=404)


@both_kinds
def test_comparison_shows_what_one_branch_has_and_the_other_has_not(world: World, kind: str) -> None:
    repository, trunk = world.repository(kind), TRUNK[kind]
    history = world.history(repository)
    base = history.commit({"a.txt": b"1\n"})
    theirs = history.commit({"b.txt": b"new\n"}, branch="topic/b")
    history.switch(trunk)
    history.commit({"a.txt": b"2\n"})
    history.publish()
    browser = world.browser()

    chosen = browser.get(f"{repository.url}/compare?old={trunk}&new=topic/b", status=303)
    since, all_of_it = (
        browser.get(f"{repository.url}/compare/branch@{trunk}...branch@topic/b{query}") for query in ("?merge=1", "")
    )

    assert chosen.headers["Location"] == f"http://localhost{repository.url}/compare/branch@{trunk}...branch@topic/b?merge=1"
    assert [link["href"] for link in since.html.select(".history .what a")] == [f"{repository.url}/changeset/{theirs}"]
    assert base[:12] in since.text
    assert [name.text for name in since.html.select("details.file .name")] == ["b.txt"]
    assert [name.text for name in all_of_it.html.select("details.file .name")] == ["a.txt", "b.txt"]


@both_kinds
def test_changes_of_blanks_can_be_left_out(world: World, kind: str) -> None:
    repository = world.repository(kind)
    world.filled(repository, {"a.txt": b"if x:\n  y\n"}, {"a.txt": b"if x:\n    y\n"})
    browser = world.browser()

    with_blanks, without = (browser.get(f"{repository.url}/changeset/tip{query}", status=200) for query in ("", "?ignorews=1"))

    assert (len(with_blanks.html.select("tr.add")), len(without.html.select("tr.add"))) == (1, 0)


@both_kinds
@pytest.mark.parametrize("context", ["-1", "1001", "x"])
def test_lines_around_a_change_are_a_number_within_reason(world: World, kind: str, context: str) -> None:
    repository = world.repository(kind)
    world.filled(repository, {"a.txt": b"1\n"})

    assert world.browser().get(f"{repository.url}/changeset/tip?context={context}").status_int == 400


@both_kinds
def test_both_sides_of_a_change_stand_beside_each_other(world: World, kind: str) -> None:
    repository = world.repository(kind)
    world.filled(repository, {"a.txt": b"one\ntwo\n"}, {"a.txt": b"one\n2\nthree\n"})

    page = world.browser().get(f"{repository.url}/changeset/tip?split=1", status=200)

    rows = [[cell.text for cell in row.select("td")] for row in page.html.select("table.split tr:not(.hunk)")]
    assert rows == [["1", "one", "1", "one"], ["2", "two", "2", "2"], ["", "3", "three"]]


@pytest.mark.parametrize("spec", ["nonsense", "branch@main", "branch@main...branch@missing", "head@main...tag@x"])
def test_comparison_with_nothing_is_not_found(world: World, spec: str) -> None:
    repository = world.repository("git")
    world.filled(repository, {"a.txt": b"1\n"})

    assert world.browser().get(f"{repository.url}/compare/{spec}").status_int == 404


@both_kinds
@pytest.mark.parametrize("feed", ["atom", "rss"])
def test_feed_tells_the_newest_commits_first(world: World, kind: str, feed: str) -> None:
    repository = world.repository(kind)
    first, second = world.filled(repository, {"a.txt": b"1\n"}, {"a.txt": b"2\n"})

    answer = world.browser().get(f"{repository.url}/feed/{feed}", status=200)

    assert answer.content_type == f"application/{feed}+xml"
    addresses = re.findall(r"[>\"](http://localhost/[^<\"]*/changeset/\w+)(?:\" />|</link>)", answer.text)
    assert addresses == [f"http://localhost{repository.url}/changeset/{commit}" for commit in (second, first)]


def test_feed_of_an_empty_repository_is_empty(world: World) -> None:
    assert "entry" not in world.browser().get(f"{world.repository('hg').url}/feed/atom", status=200).text
