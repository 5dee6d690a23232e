"""Reading a repository: folders with their last commits, and who wrote which line."""

from __future__ import annotations

import re

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
