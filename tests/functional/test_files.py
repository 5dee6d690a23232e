"""Files as their readers want them: documents, tables and notebooks laid out, everything else as its lines."""

from __future__ import annotations

import time

import pytest

from tests.pages.file_samples import notebook
from tests.worlds import TRUNK, World, both_kinds


@both_kinds
@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("docs/guide.md", b"# Guide\n\n[up](../other.md#part) [line](../a.py#L3) [here](#part) ![sign](img/a.png)"),
        (
            "docs/guide.rst",
            b"Guide\n=====\n\n`up <../other.md#part>`_ `line <../a.py#L3>`_ `here <#part>`_ \n\n"
            b".. image:: img/a.png\n   :alt: sign\n",
        ),
    ],
)
def test_links_of_a_document_are_those_of_its_folder(world: World, kind: str, name: str, content: bytes) -> None:
    repository = world.repository(kind)
    world.filled(repository, {name: content, "other.md": b"# Part\n"})
    base, trunk = repository.url, TRUNK[kind]

    page = world.browser().get(f"{base}/files/{trunk}/{name}", status=200).html

    assert [link["href"] for link in page.select(".prose a")] == [
        f"{base}/files/{trunk}/other.md#readme-part",
        f"{base}/files/{trunk}/a.py?source=1#L3",
        "#readme-part",
    ]
    assert page.select(".prose img")[0]["src"] == f"{base}/raw/{trunk}/docs/img/a.png"
    assert page.select('[id="readme-part"]') == []


@both_kinds
def test_readme_of_any_folder_is_shown_below_it(world: World, kind: str) -> None:
    repository = world.repository(kind)
    world.filled(repository, {"a/b/readme.rst": b"Title\n=====\n\n`x <c.txt>`_\n", "a/b/c.txt": b"c\n"})

    page = world.browser().get(f"{repository.url}/files/{TRUNK[kind]}/a/b", status=200).html

    assert page.select(".readme h2")[0].text == "Title"
    assert page.select(".readme .prose a")[0]["href"] == f"{repository.url}/files/{TRUNK[kind]}/a/b/c.txt"


@both_kinds
@pytest.mark.parametrize(
    ("name", "content", "selector"),
    [
        ("a.md", b"*word*\n", ".prose em"),
        ("a.rst", b"*word*\n", ".prose em"),
        ("a.txt", b"word https://a.example\n", ".prose pre a"),
        ("a.csv", b"a,b\n1,2\n", "table.sheet-of td"),
        ("a.ipynb", notebook(), ".notebook .cell"),
    ],
)
def test_source_is_one_link_away_and_back(world: World, kind: str, name: str, content: bytes, selector: str) -> None:
    repository = world.repository(kind)
    world.filled(repository, {name: content})
    browser, url = world.browser(), f"{repository.url}/files/{TRUNK[kind]}/{name}"

    preview, source = browser.get(url, status=200).html, browser.get(f"{url}?source=1", status=200).html

    assert preview.select(selector)
    assert not preview.select("table[data-lines]")
    assert not source.select(selector)
    assert source.select("table[data-lines] #L1")
    for page, current in ((preview, "Preview"), (source, "Source")):
        assert [(link.text, link["href"]) for link in page.select(".views a")] == [
            ("Preview", url),
            ("Source", f"{url}?source=1"),
        ]
        assert [link.text for link in page.select(".views a[aria-current]")] == [current]


@both_kinds
@pytest.mark.parametrize(
    ("name", "content"), [("a.ipynb", b'{"cells": ['), ("a.csv", b"a,b\n" + b"x" * 200_000), ("b.ipynb", b"[" * 100_000)]
)
def test_what_is_broken_is_shown_as_its_source(world: World, kind: str, name: str, content: bytes) -> None:
    repository = world.repository(kind)
    world.filled(repository, {name: content})

    page = world.browser().get(f"{repository.url}/files/{TRUNK[kind]}/{name}", status=200)

    assert page.html.select("table[data-lines] #L1")
    assert "cannot be shown laid out" in page.text


@both_kinds
def test_large_table_is_shown_from_its_beginning(world: World, kind: str) -> None:
    repository = world.repository(kind)
    world.filled(repository, {"a.csv": b"name,price\n" + b"tea,4\n" * 200_000})
    browser, url = world.browser(), f"{repository.url}/files/{TRUNK[kind]}/a.csv"

    page = browser.get(url, status=200)

    assert len(page.html.select("tbody tr")) == 1000
    assert "The first 1,000 of more than" in page.text
    assert "Too large to show" in browser.get(f"{url}?source=1", status=200).text


@both_kinds
def test_output_of_a_notebook_never_runs(world: World, kind: str) -> None:
    repository = world.repository(kind)
    world.filled(repository, {"a.ipynb": notebook("</pre><script>alert(1)</script>")})

    page = world.browser().get(f"{repository.url}/files/{TRUNK[kind]}/a.ipynb", status=200)

    assert "<script>alert" not in page.text
    assert [image["src"][:22] for image in page.html.select(".notebook img")] == ["data:image/png;base64,"]
    assert "img-src 'self' data:" in page.headers["Content-Security-Policy"]


OID = "4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393"
LFS = f"version https://git-lfs.github.com/spec/v1\noid sha256:{OID}\nsize 120000000\n".encode()


@both_kinds
def test_link_says_where_it_leads_in_its_folder_and_on_its_page(world: World, kind: str) -> None:
    repository = world.repository(kind)
    history = world.history(repository)
    history.commit({"docs/a.txt": b"a\n"}, symlink=("current", "docs/a.txt"))
    history.publish()
    browser, base = world.browser(), f"{repository.url}/files/{TRUNK[kind]}"

    folder, page = browser.get(base, status=200), browser.get(f"{base}/current", status=200)

    assert "symbolic link → docs/a.txt" in folder.text
    assert page.html.select(".empty a")[0]["href"] == f"{base}/docs/a.txt"
    assert "symbolic link → docs/a.txt" in browser.get(repository.url, status=200).text


@both_kinds
@pytest.mark.parametrize("name", ["film.mp4", "photo.png", "notes.md"])
def test_pointer_of_git_lfs_is_shown_as_one(world: World, kind: str, name: str) -> None:
    repository = world.repository(kind)
    world.filled(repository, {".gitattributes": b"*.mp4 filter=lfs diff=lfs\n", f"media/{name}": LFS})
    browser, base = world.browser(), f"{repository.url}/files/{TRUNK[kind]}/media"

    folder, page = browser.get(base, status=200).text, browser.get(f"{base}/{name}", status=200).text

    assert "kept in Git LFS" in folder
    assert "120 MB" in folder
    assert "The content is not here" in page
    assert OID in page
    assert "<img" not in page
    raw = browser.get(f"{repository.url}/raw/{TRUNK[kind]}/media/{name}", status=200)
    assert (raw.content_type, raw.body) == ("text/plain", LFS)


@both_kinds
def test_standin_of_a_largefile_is_shown_as_one(world: World, kind: str) -> None:
    repository = world.repository(kind)
    world.filled(repository, {".hglf/media/film.mp4": b"a" * 40 + b"\n"})
    browser, base = world.browser(), f"{repository.url}/files/{TRUNK[kind]}/.hglf/media"

    assert "kept in largefiles" in browser.get(base, status=200).text
    assert "which largefiles keeps outside of this repository" in browser.get(f"{base}/film.mp4", status=200).text


@both_kinds
def test_picture_is_shown_and_what_is_none_is_shown_as_what_it_is(world: World, kind: str) -> None:
    repository = world.repository(kind)
    world.filled(repository, {"a.png": b"\x89PNG\r\n\x1a\n\0\0", "b.png": b"<script>alert(1)</script>", "png": b"text\n"})
    browser, base = world.browser(), repository.url
    raw, files = f"{base}/raw/{TRUNK[kind]}", f"{base}/files/{TRUNK[kind]}"

    assert browser.get(f"{files}/a.png", status=200).html.select(".picture img")[0]["src"] == f"{raw}/a.png"
    assert browser.get(f"{files}/b.png", status=200).html.select("table[data-lines]")
    assert [browser.get(f"{raw}/{name}").content_type for name in ("a.png", "b.png", "png")] == [
        "image/png",
        "text/plain",
        "text/plain",
    ]


@both_kinds
@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("one-line.js", b"x=1;" * 1_250_000),
        ("ten-million-lines.log", b"\n" * 10_000_000),
        ("short-lines.log", b"\n" * 500_000),
        ("old-lines.c", b"\r" * 500_000),
        ("noise.bin", bytes(range(256)) * 100_000),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_too_large_to_show_is_offered_raw(world: World, kind: str, name: str, content: bytes) -> None:
    repository = world.repository(kind)
    world.filled(repository, {name: content})
    browser, base, trunk = world.browser(), repository.url, TRUNK[kind]

    for room in ("files", "annotate"):
        page = browser.get(f"{base}/{room}/{trunk}/{name}", status=200)
        assert len(page.body) < 20_000
    page = browser.get(f"{base}/files/{trunk}/{name}?source=1", status=200)

    assert ("Too large to show" in page.text) != name.endswith(".bin")
    assert page.html.select(".empty a.button")[-1]["href"] == f"{base}/rawfile/{trunk}/{name}"


@both_kinds
def test_long_line_that_is_shown_is_shown_whole_and_quickly(world: World, kind: str) -> None:
    repository = world.repository(kind)
    world.filled(repository, {"a.js": b"f(" * 200_000})
    began = time.thread_time()

    page = world.browser().get(f"{repository.url}/files/{TRUNK[kind]}/a.js", status=200)

    assert time.thread_time() - began < 1
    assert "f(" * 200_000 in page.text


@both_kinds
def test_encoding_and_hidden_characters_are_said(world: World, kind: str) -> None:
    repository = world.repository(kind)
    world.filled(repository, {"a.c": "/* Grüße */".encode("latin-1"), "b.py": "a = '\u202e'\n".encode()})
    browser, base = world.browser(), f"{repository.url}/files/{TRUNK[kind]}"

    assert "it is shown as Windows-1252, which is a guess" in browser.get(f"{base}/a.c", status=200).text
    marked = browser.get(f"{base}/b.py", status=200)
    assert [label.text for label in marked.html.select(".hidden-character")] == ["U+202E"]
    assert "change the direction of text" in marked.text


@both_kinds
def test_lines_of_the_old_macintosh_are_counted_as_the_program_does_beside_their_authors(world: World, kind: str) -> None:
    repository = world.repository(kind)
    world.filled(repository, {"a.txt": b"one\rtwo\rthree"})
    browser, tail = world.browser(), f"{TRUNK[kind]}/a.txt"

    assert len(browser.get(f"{repository.url}/files/{tail}?source=1", status=200).html.select("table[data-lines] tr")) == 3
    assert len(browser.get(f"{repository.url}/annotate/{tail}", status=200).html.select("table[data-lines] tr")) == 1
