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
