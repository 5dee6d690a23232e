"""READMEs and other documents become HTML that can do no harm."""

import re
import time

import pytest

from kallithea.lib.documents import AS_IT_IS, MARKDOWN_LIMIT, RST_LIMIT, SECONDS, MarkdownPieces, is_document, render_document
from kallithea.lib.markdown import HTML_TAG_LIMIT
from tests.pages.reading import read

TABLE = "<table>\n<thead>\n<tr>\n<th>a</th>\n</tr>\n</thead>\n<tbody>\n<tr>\n<td>1</td>\n</tr>\n</tbody>\n</table>"


def readme(text: str, name: str = "README.md") -> str:
    return str(render_document(name, text.encode(), link=lambda to: f"/files/{to}", image=lambda to: f"/raw/{to}").html).strip()


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("~~no~~ **yes**", "<p><s>no</s> <strong>yes</strong></p>"),
        ("- [ ] open\n- [x] done", '<ul>\n<li class="task">☐ open</li>\n<li class="task">☑ done</li>\n</ul>'),
        ("# Use it\n# Use it", '<h2 id="readme-use-it">Use it</h2>\n<h2 id="readme-use-it-1">Use it</h2>'),
        (
            "| a |\n|---|\n| 1 |",
            TABLE,
        ),
        ("![shelf](a/b.png)", '<p><img src="/raw/a/b.png" alt="shelf"></p>'),
        ("![badge](https://ci.example.com/x.svg)", "<p>badge</p>"),
        ('<img src="//x.example/a" alt="&lt;script&gt;&quot;">', "&lt;script&gt;&#34;"),
    ],
)
def test_markdown_reads_as_on_github(text: str, html: str) -> None:
    assert readme(text) == html


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("[x](docs/a.md#b)", "/files/docs/a.md#b"),
        ("[x](#part)", "#readme-part"),
        ("[x](https://a.example/b)", "https://a.example/b"),
        ("[x](mailto:a@b.example)", "mailto:a@b.example"),
        ("see https://a.example/b_(c).", "https://a.example/b_(c)"),
        ("<https://a.example>", "https://a.example"),
        ('<a href="b.md">x</a>', "/files/b.md"),
    ],
)
def test_a_link_leads_where_it_should(text: str, address: str) -> None:
    links = list(read(readme(text)).all("a"))

    assert [link.attributes["href"] for link in links] == [address]
    assert links[0].attributes["rel"] == "nofollow noopener"


@pytest.mark.parametrize("name", ["README.md", "README.rst", "README.txt", "README"])
@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<svg onload=alert(1)><style>*{display:none}</style>",
        '<a href="javascript:alert(1)">x</a>',
        '<a href=" java\tscript:alert(1)">x</a>',
        "[x](data:text/html,<script>alert(1)</script>)",
        "```\n</code></pre><script>alert(1)</script>\n```",
        "<iframe src=//evil.example></iframe><form action=//evil.example><input name=a></form>",
        '<p style="position:fixed" class="bar" id="content" onclick="x()">x</p>',
        "`x <javascript:alert(1)>`_\n\n.. raw:: html\n\n   <script>alert(1)</script>\n",
        "<details open ontoggle=alert(1)><summary>x</summary></details>",
        "<math><mtext></p><style><img src=x onerror=alert(1)></style>",
    ],
)
def test_nothing_in_a_readme_runs(name: str, text: str) -> None:
    document = read(readme(text, name))

    elements = list(document.all())
    attributes = {attribute for element in elements for attribute in element.attributes}
    addresses = [element.attributes[name] for element in elements for name in ("href", "src") if name in element.attributes]
    assert not {"script", "style", "iframe", "form", "input", "svg", "math", "object"} & {element.tag for element in elements}
    assert attributes <= {"href", "rel", "src", "alt", "id", "class", "open"}
    assert all(re.match(r"/files/|/raw/|https?://|#readme-", address) for address in addresses)
    assert "content" not in {element.attributes.get("id") for element in elements}
    assert "bar" not in {element.attributes.get("class") for element in elements}


def test_an_id_is_given_once() -> None:
    document = read(readme('# a\n\n<h2 id="a">x</h2>\n\n<p id="readme-a">y</p>'))

    assert [element.attributes["id"] for element in document.all() if "id" in element.attributes] == ["readme-a"]


def test_code_is_coloured_by_its_language() -> None:
    html = readme("```python\ndef f(): ...\n```\n\n```unknown-thing\n<b>\n```")

    assert '<span class="k">def </span>' in html
    assert "&lt;b&gt;" in html


def test_a_quotation_that_is_marked_as_a_note_is_one() -> None:
    html = readme("> [!WARNING]\n> Mind the *gap*.\n>\n> > [!NOTE]\n>\n> End\n\n> [!NOTE] is no line\n\n> [!OTHER]\n> x\n")

    assert '<aside class="admonition">\n<p class="admonition-title">Warning</p>\n<p>Mind the <em>gap</em>.</p>' in html
    assert (html.count("<aside"), html.count("</aside>"), html.count("<p></p>")) == (2, 2, 0)
    assert html.count("<blockquote>") == 2


def test_restructured_text_is_rendered() -> None:
    html = readme(
        "Title\n=====\n\n* one\n* `two <docs/b.rst>`_\n\n.. image:: c.png\n\n.. code:: python\n\n   None\n", "readme.rst"
    )

    document = read(html)
    assert document.one("h2").text == "Title"
    assert document.one("a").attributes["href"] == "/files/docs/b.rst"
    assert document.one("img").attributes["src"] == "/raw/c.png"


def test_restructured_text_has_code_notes_and_headings_that_lead_nowhere() -> None:
    html = readme(".. contents::\n\nTitle\n=====\n\nSome ``code``.\n\n.. note:: Careful.\n", "a.rst")

    document = read(html)
    assert document.one("code").text == "code"
    assert document.one("aside").attributes["class"] == "admonition"
    assert list(document.one("h2").all("a")) == []
    assert [link.attributes["href"] for link in document.all("a")] == ["#readme-title"]


def test_restructured_text_reads_no_file_of_the_server() -> None:
    html = readme(
        ".. include:: /etc/passwd\n\n.. csv-table:: x\n   :file: /etc/passwd\n\n.. raw:: html\n   :file: /etc/passwd\n", "a.rst"
    )

    assert "root" not in html


def test_restructured_text_that_is_too_deep_is_shown_as_text() -> None:
    html = readme("".join(f"{'  ' * depth}- a\n\n" for depth in range(170)), "a.rst")

    assert html.startswith('<pre class="plain">')


def test_a_very_long_readme_is_shown_as_text() -> None:
    html = readme("# a\n" * (MARKDOWN_LIMIT // 4 + 1))

    assert html.startswith('<pre class="plain"># a\n')


def test_very_many_tags_are_shown_as_text() -> None:
    html = readme("<div>" * (HTML_TAG_LIMIT + 1))

    assert "<div>" not in html
    assert "&lt;div&gt;" in html


def test_a_readme_of_any_bytes_is_shown() -> None:
    html = render_document("README", b"\xff\x00caf\xe9\x1b[31m", link=str, image=str).html

    assert "café" in html
    assert "\x00" not in html


def test_addresses_in_plain_text_are_links() -> None:
    html = readme("see https://a.example/b <i>", "notes.txt")

    assert [link.attributes["href"] for link in read(html).all("a")] == ["https://a.example/b"]
    assert "&lt;i&gt;" in html


@pytest.mark.parametrize(
    ("name", "meant_to_be_read"),
    [("a.md", True), ("B.RST", True), ("notes.txt", True), ("README", True), ("a.py", False), (".md", False), ("md", False)],
)
def test_documents_are_told_by_their_names(name: str, meant_to_be_read: bool) -> None:
    assert is_document(name) == meant_to_be_read


def filled(piece: str, size: int) -> str:
    return (piece * (size // len(piece) + 1))[:size]


LAUGHS = ".. |a| replace:: " + "ha " * 300 + "\n"
LAUGHS += "".join(f".. |{new}| replace:: {f'|{old}| ' * 10}\n" for old, new in zip("abcdefghi", "bcdefghij", strict=True))
MARKDOWN_BOMBS = {
    **{
        f"rows of {piece!r}": filled(piece, MARKDOWN_LIMIT)
        for piece in ("[", "[a](", "![", "*a **a ", "<![CDATA[", "> ", "&", "~~a ")
    },
    "many headings": filled("# a\n", MARKDOWN_LIMIT),
    "many links": filled("[a](b) ", MARKDOWN_LIMIT),
    "many tables": filled("a|b\n-|-\n", MARKDOWN_LIMIT),
    "backticks of all lengths": "".join("e" + "`" * n for n in range(1, 630)),
    "lists in lists": "".join(" " * n + "- a\n" for n in range(630)),
    "elements in elements": "<div>\n\n" * 4_900,
    "footnotes": "[^a]: x\n\n" + filled("[^a]", MARKDOWN_LIMIT - 20),
    "footnotes that never end": "[^a]: x\n\n" + filled("[^", MARKDOWN_LIMIT - 20),
    "footnotes in footnotes": filled("[^a]:", MARKDOWN_LIMIT - 20) + " x\n\n[^a]",
    "footnotes that name the next": "".join(f"[^{n}]: [^{n + 1}]\n\n" for n in range(9_000)) + "[^0]",
    "hidden characters": filled("\u200b\u202e", MARKDOWN_LIMIT // 3),
}
RST_BOMBS = {
    "names in names": LAUGHS + "\n|j|\n",
    "names in names, often": LAUGHS + "\n" + filled("|j| ", 50_000),
    "one long name, often": ".. |a| replace:: " + "x" * 40_000 + "\n\n" + filled("|a| ", 40_000),
    "references": "".join(f"`a{n}`_\n" for n in range(11_000)),
    "footnotes": filled(".. [#] a\n", RST_LIMIT),
    "targets that name targets": "".join(f".. _a{n}:\n" for n in range(9_000)) + "\nx\n",
    "a wide table": f"+{'-+' * 500}\n" + f"|{' |' * 500}\n+{'-+' * 500}\n" * 45,
    "a list": filled("- a\n", RST_LIMIT),
    "headings": ".. contents::\n\n" + filled("a\n=\n\n", RST_LIMIT - 100),
    "nested lists": "".join("  " * n + "- a\n\n" for n in range(310)),
    "notes in notes": "".join("  " * n + ".. note::\n\n" for n in range(260)),
}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        *(pytest.param("a.md", text, id=f"Markdown: {what}") for what, text in MARKDOWN_BOMBS.items()),
        *(pytest.param("a.rst", text, id=f"reStructuredText: {what}") for what, text in RST_BOMBS.items()),
    ],
)
def test_no_document_takes_much_longer_than_an_honest_one(name: str, text: str) -> None:
    readme("warm", name)
    began = time.thread_time()

    html = readme(text, name)

    # The time that is given, and as much again for what cannot be stopped and for a busy machine.
    assert time.thread_time() - began < 2 * SECONDS + 0.5
    assert len(html) < 3_000_000


def test_what_is_too_intricate_is_shown_as_it_is_and_says_so() -> None:
    shown = render_document("a.md", b"[" * MARKDOWN_LIMIT, link=str, image=str)

    assert shown.html == f'<pre class="plain">{"[" * MARKDOWN_LIMIT}</pre>'
    assert shown.remark == AS_IT_IS


def test_pieces_of_one_page_share_their_anchors() -> None:
    pieces = MarkdownPieces(link=str, image=str)

    html = [pieces.render(text) for text in ("# a", "# a\n# b")]

    assert "".join(html).count('id="readme-a"') == 1
    assert 'id="readme-b"' in html[1]


def test_pictures_that_are_attached_to_a_cell_are_shown_in_it_alone() -> None:
    pieces = MarkdownPieces(link=str, image=lambda target: f"/raw/{target}")
    text = "![one](attachment:a%20b.png) ![two](attachment:other.png) ![three](c.png) attachment:a"

    first = str(pieces.render(text, {"a b.png": "data:image/png;base64,AAAA"}))
    second = str(pieces.render(text))

    assert re.findall('src="([^"]*)"', first) == ["data:image/png;base64,AAAA", "", "/raw/c.png"]
    assert re.findall('src="([^"]*)"', second) == ["/raw/c.png"]
    assert "attachment:a" in first
