"""READMEs and messages of others become HTML that can do no harm."""

import re

import pytest

from kallithea.lib.markup import HTML_TAG_LIMIT, MARKDOWN_LIMIT, render_message, render_readme
from kallithea.lib.visible import visible_text
from tests.pages.reading import read

TABLE = "<table>\n<thead>\n<tr>\n<th>a</th>\n</tr>\n</thead>\n<tbody>\n<tr>\n<td>1</td>\n</tr>\n</tbody>\n</table>"


def readme(text: str, name: str = "README.md") -> str:
    return str(render_readme(name, text.encode(), link=lambda to: f"/files/{to}", image=lambda to: f"/raw/{to}")).strip()


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
        ("![badge](https://ci.example.com/x.svg)", '<p><img alt="badge"></p>'),
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


def test_restructured_text_is_rendered() -> None:
    html = readme(
        "Title\n=====\n\n* one\n* `two <docs/b.rst>`_\n\n.. image:: c.png\n\n.. code:: python\n\n   None\n", "readme.rst"
    )

    document = read(html)
    assert document.one("h2").text == "Title"
    assert document.one("a").attributes["href"] == "/files/docs/b.rst"
    assert document.one("img").attributes["src"] == "/raw/c.png"


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
    html = render_readme("README", b"\xff\x00caf\xe9\x1b[31m", link=str, image=str)

    assert "café" in html
    assert "\x00" not in html


def test_a_message_is_escaped_and_its_addresses_are_links() -> None:
    html = render_message("Fix <b> & see (https://a.example/?q=1&r=2), 9f31c2ab07de")

    assert html == (
        'Fix &lt;b&gt; &amp; see (<a href="https://a.example/?q=1&amp;r=2" rel="nofollow noopener">'
        "https://a.example/?q=1&amp;r=2</a>), 9f31c2ab07de"
    )


def test_an_id_in_a_message_is_a_link_where_its_address_is_known() -> None:
    html = render_message("Backs out 9f31c2ab07de and 0123456789ab.", commit_link={"9f31c2ab07de": "/c/9f31"}.get)

    assert html == 'Backs out <a href="/c/9f31" rel="nofollow noopener">9f31c2ab07de</a> and 0123456789ab.'


def test_hidden_characters_are_written_out() -> None:
    assert visible_text("a\u202eb\x00\tc\n") == "a⟦U+202E⟧b⟦U+0000⟧\tc\n"
    assert visible_text("héllo \u200d 👩\u200d💻") == "héllo \u200d 👩\u200d💻"
    assert 'title="Right-to-left override">U+202E</span>' in render_message("a\u202eb")


def test_a_long_row_of_brackets_is_read_in_one_pass() -> None:
    html = render_message("https://a.example/" + ")" * 100_000)

    assert html.count("<a ") == 1
