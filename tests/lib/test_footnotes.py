"""Footnotes of Markdown: numbered as they are referred to, each with ways back, told apart from all else on the page."""

import re

import pytest

from kallithea.lib.documents import MarkdownPieces, render_document
from tests.pages.reading import read

TWO = "One[^b], two[^a], one again[^b].\n\n[^a]: Second.\n[^b]: First.\n\n    Still the *first*.\n\n[^c]: Nobody asks.\n"


def shown(text: str) -> str:
    return str(render_document("a.md", text.encode(), link=lambda to: f"/files/{to}", image=str).html)


def links(html: str) -> dict[str, list[str]]:
    """The ids to which links of the page lead, and those that are there."""
    elements = [element.attributes for element in read(html).all()]
    to = [(found.get("href") or "").removeprefix("#") for found in elements if "href" in found]
    return {"to": to, "ids": [found["id"] or "" for found in elements if "id" in found]}


def test_notes_are_numbered_as_they_are_referred_to_and_lead_there_and_back() -> None:
    html = shown(TWO)

    assert re.findall(r"<sup><a [^>]*>(\d+)</a></sup>", html) == ["1", "2", "1"]
    assert html.index("First.") < html.index("first</em>") < html.index("Second.")
    assert "Nobody asks" not in html
    found = links(html)
    assert set(found["to"]) == set(found["ids"])
    assert len(found["ids"]) == len(set(found["ids"])) == 5
    assert all(name.startswith("readme-fn") for name in found["ids"])


def test_ways_back_say_where_they_lead() -> None:
    labels = [link.attributes["aria-label"] for link in read(shown(TWO)).all("a") if "aria-label" in link.attributes]

    assert labels == ["Back to reference 1", "Back to reference 1, place 2", "Back to reference 2"]


def test_what_has_no_note_stays_as_it_is_written() -> None:
    assert "a[^1]" in shown("a[^1]\n\n[^2]: x")


def test_notes_of_several_pieces_on_a_page_are_told_apart() -> None:
    pieces = MarkdownPieces(link=str, image=str)

    found = [links(str(pieces.render(f"{word}[^1]\n\n[^1]: {word}"))) for word in ("one", "two")]

    assert all(set(piece["to"]) == set(piece["ids"]) for piece in found)
    assert not set(found[0]["ids"]) & set(found[1]["ids"])


@pytest.mark.parametrize("title", ["fn-1", "fn:1:1", "fnref:1:1:1"])
def test_no_heading_takes_the_place_of_a_note(title: str) -> None:
    found = links(shown(f"# {title}\n\na[^1]\n\n[^1]: x"))

    assert {"readme-fn:1:1", "readme-fnref:1:1:1"} <= set(found["ids"])


@pytest.mark.parametrize(
    "text",
    [
        '[^"><script>x</script>]: y\n\n[^"><script>x</script>]',
        '[^"onload=x]: y\n\n[^"onload=x]',
        "[^a]: <script>x</script>\n\n    <p onclick=x>y[z](javascript:x)\n\n[^a]",
        "[^a]: > x\n    >\n    > [^b]: y\n\n[^a][^b]",
        "[^a]: - x\n\n      [^b]: > y\n\n      more\n\nsee[^a][^b]",
        "> [!NOTE]\n> a[^1]\n>\n> [^1]: > [!TIP]\n>     > x\n>     > [^2]: > [!TIP]",
        "[^a]: [^a]\n\n[^a]",
        "[^a]:" * 100 + " x\n\n[^a]",
    ],
)
def test_notes_that_mean_harm_do_none(text: str) -> None:
    document = read(shown(text))

    elements = list(document.all())
    assert not {"script", "iframe", "form"} & {element.tag for element in elements}
    assert {name for element in elements for name in element.attributes} <= {"href", "rel", "id", "class", "aria-label"}
    assert all(element.attributes["href"].startswith(("#readme-fn", "/files/")) for element in document.all("a"))
