"""Pages of changes: lines around them, parts of large ones, pictures, what is said of files."""

from __future__ import annotations

from typing import cast
from urllib.parse import urlsplit

import pytest
from bs4 import BeautifulSoup

from tests.contracts.hg_history import HgHistory, run_hg
from tests.worlds import TRUNK, World

both_kinds = pytest.mark.parametrize("kind", ["hg", "git"])
HUNDRED = [b"line %d" % number for number in range(1, 101)]


def text(lines: list[bytes]) -> bytes:
    return b"".join(line + b"\n" for line in lines)


def changed(number: int) -> list[bytes]:
    return [b"changed" if at == number else line for at, line in enumerate(HUNDRED, start=1)]


def rows(page: object) -> list[list[str]]:
    return [[cell.text for cell in row.select("td")] for row in page.select("table.diff tr:not(.hunk)")]  # type: ignore[attr-defined]


@both_kinds
def test_lines_that_were_left_out_can_be_had(world: World, kind: str) -> None:
    repository = world.repository(kind)
    world.filled(repository, {"a b.txt": text(HUNDRED)}, {"a b.txt": text([b"new", *changed(50)])})
    browser = world.browser()
    page = browser.get(f"{repository.url}/changeset/tip", status=200).html
    file = page.select_one("details.file")
    above = [row for row in file.select("tr.hunk") if row.get("data-end")][-1]

    answer = browser.get(f"{file['data-lines']}?start={above['data-start']}&old={above['data-old']}&count=2&file=1", status=200)

    assert rows(answer.html) == [["4", "5", "", "line 4"], ["5", "6", "", "line 5"]]
    assert [cell.get("id") for cell in answer.html.select("td.no")][:2] == [None, "f1-n5"]


@both_kinds
def test_without_script_the_same_link_shows_the_file_with_more_around(world: World, kind: str) -> None:
    repository = world.repository(kind)
    world.filled(repository, {"a.txt": text(HUNDRED), "b.txt": b"1\n"}, {"a.txt": text(changed(50)), "b.txt": b"2\n"})
    browser = world.browser()
    page = browser.get(f"{repository.url}/changeset/tip", status=200).html

    wider = browser.get(page.select_one(".file-links a[data-wider]")["href"].partition("#")[0], status=200).html

    assert [name.text for name in wider.select("details.file .name")] == ["a.txt"]
    assert len(wider.select("table.diff tr:not(.hunk)")) == 52
    assert wider.select_one(".part a.button")["href"] == page_address(repository.url, page)


def page_address(url: str, page: object) -> str:
    [commit] = page.select("dd .full-id")  # type: ignore[attr-defined]
    return f"{url}/changeset/{commit.text}?context=25"


@both_kinds
@pytest.mark.parametrize(
    "query", ["count=401", "count=0", "start=0", "old=0", "start=-1", "count=x", "raw_path=zz", "raw_path=00"]
)
def test_lines_are_asked_for_within_reason(world: World, kind: str, query: str) -> None:
    repository = world.repository(kind)
    world.filled(repository, {"a.txt": b"1\n"})

    assert world.browser().get(f"{repository.url}/diff-lines/tip/a.txt?{query}").status_int == 400


@both_kinds
@pytest.mark.parametrize("path", ["missing", "folder", ""])
def test_lines_of_what_is_no_file_are_not_found(world: World, kind: str, path: str) -> None:
    repository = world.repository(kind)
    world.filled(repository, {"folder/a.txt": b"1\n"})

    assert world.browser().get(f"{repository.url}/diff-lines/tip/{path}").status_int == 404


@both_kinds
def test_many_files_come_in_parts(world: World, kind: str) -> None:
    repository = world.repository(kind)
    world.filled(repository, {"start": b""}, {f"f{number:03}": b"1\n" for number in range(650)})
    browser = world.browser()

    pages = [browser.get(f"{repository.url}/changeset/tip", status=200).html]
    while (following := pages[-1].select_one(".part a[rel~=next]")) is not None:
        pages.append(browser.get(following["href"], status=200).html)

    shown = [name.text for page in pages for name in page.select("details.file .name")]
    assert (len(pages), shown) == (3, [f"f{number:03}" for number in range(650)])
    assert all(len(page.select("details.file")) == len(page.select("tr.add")) for page in pages)
    ids = [file["id"] for page in pages for file in page.select("details.file")]
    assert ids == [f"f{number}" for number in range(1, 651)]


@both_kinds
def test_changes_of_a_large_file_come_when_asked_for(world: World, kind: str) -> None:
    repository = world.repository(kind)
    large = text([b"%d " % number + b"x" * 50 for number in range(12_000)])
    world.filled(repository, {"a": b"1\n"}, {"a": b"2\n", "large": large})
    browser = world.browser()
    first = browser.get(f"{repository.url}/changeset/tip", status=200).html
    link = first.select_one("#f2 a[data-load]")["href"]
    assert link.endswith("#f2")

    lines, address = [], link.partition("#")[0]
    while address:
        page = browser.get(address, status=200).html
        lines += [row.select("td")[-1].text for row in page.select("#f2 tr.add")]
        following = page.select_one(".part a[rel~=next]")
        address = following["href"] if following else ""

    assert lines == large.decode().splitlines()


@both_kinds
def test_a_file_that_did_not_change_has_no_changes_alone(world: World, kind: str) -> None:
    repository = world.repository(kind)
    world.filled(repository, {"a": b"1\n", "b": b"1\n"}, {"a": b"2\n"})

    page = world.browser().get(f"{repository.url}/changeset/tip?path=b", status=200).html

    assert page.select("details.file") == []


@both_kinds
def test_pictures_are_shown_before_and_after(world: World, kind: str) -> None:
    repository = world.repository(kind)
    old, _ = world.filled(repository, {"a.png": b"\0" * 400}, {"a.png": b"\0" * 500})
    browser = world.browser()

    page = browser.get(f"{repository.url}/changeset/tip", status=200).html

    images = page.select("#f1 .picture img")
    assert [caption.text for caption in page.select("#f1 figcaption")] == ["Before: 400 bytes", "After: 500 bytes"]
    assert urlsplit(images[0]["src"]).path == f"{repository.url}/raw/{old}/a.png"
    assert [len(browser.get(image["src"], status=200).body) for image in images] == [400, 500]


@both_kinds
def test_pixels_of_pictures_are_told_before_and_after(world: World, kind: str) -> None:
    def png(width: int, height: int) -> bytes:
        return b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + width.to_bytes(4, "big") + height.to_bytes(4, "big") + bytes(50)

    def svg(width: int) -> bytes:
        return f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="7"/>\n'.encode()

    repository = world.repository(kind)
    old, new = world.filled(
        repository, {"a.png": png(8, 9), "b.svg": svg(10)}, {"a.png": png(1200, 10), "b.svg": svg(20), "c.png": png(1, 2)}
    )
    browser, compared = world.browser(), f"compare/rev@{old}...rev@{new}"

    for address in ("changeset/tip", compared):
        page = browser.get(f"{repository.url}/{address}", status=200).html
        assert [[caption.text for caption in file.select("figcaption")] for file in page.select("details.file")] == [
            ["Before: 8 × 9 pixels, 74 bytes", "After: 1,200 × 10 pixels, 74 bytes"],
            ["Before: 10 × 7 pixels", "After: 20 × 7 pixels"],
            ["There is none.", "After: 1 × 2 pixels, 74 bytes"],
        ]


@both_kinds
@pytest.mark.parametrize("split", ["", "?split=1"])
def test_lines_within_a_comment_look_like_one_wherever_the_changes_begin(world: World, kind: str, split: str) -> None:
    repository = world.repository(kind)
    head = [b"/* A long comment", *(b"if number %d" % number for number in range(40)), b"*/"]
    before = text([*head, b"if (x)", b"  return;"])
    after = text([*head[:30], b"while it rains", *head[31:], b"if (y)", b"  return;"])
    old, new = world.filled(repository, {"a.c": before}, {"a.c": after})
    browser = world.browser()

    def looks(page: BeautifulSoup) -> set[tuple[str, str]]:
        spans = page.select("table.diff td span")
        return {(look, word) for span in spans for look in span["class"] for word in ("if", "while") if word in span.text}

    for address in (f"changeset/tip{split}", f"compare/rev@{old}...rev@{new}{split}"):
        page = browser.get(f"{repository.url}/{address}", status=200).html
        assert looks(page) == {("cm", "if"), ("cm", "while"), ("k", "if")}
    more = f"{repository.url}/diff-lines/tip/a.c?start=20&count=5&old=20"
    assert looks(browser.get(more, status=200).html) == {("cm", "if")}


@both_kinds
def test_new_picture_has_nothing_before(world: World, kind: str) -> None:
    repository = world.repository(kind)
    world.filled(repository, {"a.png": b"\0" * 400})

    page = world.browser().get(f"{repository.url}/changeset/tip", status=200).html

    assert [caption.text for caption in page.select("figcaption")] == ["There is none.", "After: 400 bytes"]


@both_kinds
def test_what_lines_cannot_say_is_said(world: World, kind: str) -> None:
    repository = world.repository(kind)
    history = world.history(repository)
    history.commit({"tool": b"1\n", "blanks.txt": b"if x:\n  y\n", "data": b"\0" * 10, "old": text(HUNDRED)})
    history.commit({"blanks.txt": b"if x:\n\ty\n", "data": b"\0" * 2_000, "empty": b""}, executable="tool")
    commit = history.commit(rename=("old", "new"), symlink=("link", "tool"))
    history.publish()
    browser = world.browser()

    before, after = (browser.get(f"{repository.url}/changeset/{name}", status=200).html for name in (f"{commit}", "tip"))
    first = browser.get(before.select_one('a[data-key="p"]')["href"], status=200).html

    def said(page: object) -> dict[str, list[str]]:
        return {
            file.select_one(".name").text: [note.text for note in file.select(".remark")]
            for file in page.select("details.file")  # type: ignore[attr-defined]
        }

    assert said(first) == {
        "blanks.txt": ["Only blanks changed."],
        "data": ["This is a binary file: 10 bytes before, 2.0 kB now. Its bytes are not compared here."],
        "empty": ["An empty file."],
        "tool": ["Was a plain file, is now executable."],
    }
    assert said(after) == {"link": ["New: a symbolic link."], "old → new": ["The content is the same."]}


def test_submodules_of_git_are_said_to_be_some(world: World) -> None:
    repository = world.repository("git")
    history = world.history(repository)
    history.commit({"a": b"1\n"})
    for commit in ("1" * 40, "2" * 40):
        history.git("update-index", "--add", "--cacheinfo", f"160000,{commit},vendor")  # type: ignore[union-attr]
        history.git("commit", "-q", "-m", "Vendor")  # type: ignore[union-attr]
    history.publish()
    browser = world.browser()

    new = browser.get(f"{repository.url}/changeset/{TRUNK['git']}", status=200).html

    assert [note.text for note in new.select("details.file .remark")] == ["This is a submodule."]
    assert [row[-1] for row in rows(new)] == [f"Subproject commit {'1' * 40}", f"Subproject commit {'2' * 40}"]
    assert new.select("details.file tr.hunk button") == []


@both_kinds
def test_names_that_are_no_text_lead_to_their_lines(world: World, kind: str) -> None:
    repository = world.repository(kind)
    history = world.history(repository)
    name = b"caf\xe9.txt".decode("utf-8", "surrogateescape")
    history.commit({name: text(HUNDRED)})
    history.commit({name: text(changed(50))})
    history.publish()
    browser = world.browser()
    file = browser.get(f"{repository.url}/changeset/tip", status=200).html.select_one("details.file")

    lines = browser.get(f"{file['data-lines']}&start=1&count=1&old=1", status=200)
    alone = browser.get(file.select_one("a[data-wider]")["href"].partition("#")[0], status=200)

    assert [row[-1] for row in rows(lines.html)] == ["line 1"]
    assert len(alone.html.select("details.file")) == 1


@both_kinds
def test_colours_and_marks_stand_together(world: World, kind: str) -> None:
    repository = world.repository(kind)
    world.filled(repository, {"a.py": b"return one  # why\n"}, {"a.py": b"return twenty  # why\n"})

    page = world.browser().get(f"{repository.url}/changeset/tip", status=200)

    assert '<span class="k">return </span><ins>twenty</ins>' in page.text
    assert '<span class="c1"># why</span>' in page.text


@pytest.mark.parametrize("source", ["https://example.com/inner", "javascript:alert(1)"])
def test_subrepositories_of_hg_say_where_they_come_from_and_are_no_links(world: World, source: str) -> None:
    repository = world.repository("hg")
    history = cast("HgHistory", world.history(repository))
    inner = history.work / "libs" / "inner"
    inner.mkdir(parents=True)
    run_hg("init", str(inner), cwd=history.work)
    (inner / "x").write_bytes(b"x")
    run_hg("commit", "--addremove", "--message", "x", "--user", "x", cwd=inner)
    (history.work / ".hgsub").write_bytes(b"libs/inner = " + source.encode() + b"\n")
    commit = history.commit()
    run_hg("pull", "--repository", str(history.store), str(history.work), cwd=history.work)
    browser = world.browser()

    folder = browser.get(f"{repository.url}/files/{commit}/libs", status=200)

    assert source in folder.html.select_one("main").text
    assert not folder.html.select("a[href^='javascript:']")
    for page in ("", f"/files/{commit}/", f"/changeset/{commit}", f"/find/{commit}", f"/files/{commit}/.hgsub"):
        browser.get(f"{repository.url}{page}", status=200)
