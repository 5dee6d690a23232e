"""Messages of others become HTML that can do no harm, with what they name as links."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable

import pytest
from bs4 import BeautifulSoup
from hypothesis import given, settings
from hypothesis import strategies as st
from markupsafe import Markup, escape

from kallithea.lib.errors import Invalid
from kallithea.lib.issues import LONGEST_TEXT, MOST_PATTERNS, repository_rules
from kallithea.lib.messages import MessageLinks, commit_words, render_message, render_summary
from kallithea.lib.visible import visible_text

ID = "9f31c2ab07de"
LINKS = MessageLinks(
    issues=repository_rules(
        "#{number} https://bugs.example.com/{number}\nSHOP-{number} https://shop.example.com/?id={number}&x"
    ),
    commits={ID: "/c/9f31"},
    repository="web/shop",
)


def parsed(html: str) -> BeautifulSoup:
    return BeautifulSoup(f"<p>{html}</p>", "html.parser")


ATTRIBUTES = {"p": set[str](), "a": {"href", "rel"}, "b": {"class"}, "span": {"class", "title"}}
EVIL = """<script>alert(1)</script> "'><img src=x onerror=alert(2)> \u202e javascript:alert(1) https://a.example/"onclick=x """


def test_a_message_is_escaped_and_its_addresses_are_links() -> None:
    html = render_message("Fix <b> & see (https://a.example/?q=1&r=2), 9f31c2ab07de")

    assert html == (
        'Fix &lt;b&gt; &amp; see (<a href="https://a.example/?q=1&amp;r=2" rel="nofollow noopener">'
        "https://a.example/?q=1&amp;r=2</a>), 9f31c2ab07de"
    )


def test_an_id_is_a_link_where_it_exists() -> None:
    html = render_message(f"Backs out {ID} and 0123456789ab.", LINKS)

    assert html == f'Backs out <a href="/c/9f31" rel="nofollow">{ID}</a> and 0123456789ab.'


def test_hidden_characters_are_labels() -> None:
    assert 'title="Right-to-left override">U+202E</span>' in render_message("a\u202eb")


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("Fix #12.", ["https://bugs.example.com/12"]),
        (
            "#1, (#2) and SHOP-3",
            ["https://bugs.example.com/1", "https://bugs.example.com/2", "https://shop.example.com/?id=3&x"],
        ),
        ("a#12 &#39; #12a MYSHOP-3 #", []),
        ("https://x.example/#12", ["https://x.example/#12"]),
        (f"#12 in {ID}, see http://x.example", ["https://bugs.example.com/12", "/c/9f31", "http://x.example"]),
        ("ftp://x.example javascript:alert(1) data:text/html,x //x.example", []),
    ],
)
def test_links_are_found(text: str, links: list[str]) -> None:
    assert [link["href"] for link in parsed(render_message(text, LINKS)).find_all("a")] == links


@pytest.mark.parametrize(
    ("text", "names"),
    [("Thanks @anna, @b.c-d.", ["@anna", "@b.c-d"]), ("mail a@b.example and x/@y @ @-", []), ("@a@b", ["@a"])],
)
def test_names_are_marked(text: str, names: list[str]) -> None:
    assert [name.text for name in parsed(render_message(text)).find_all("b")] == names


def test_names_lead_to_what_they_committed_here() -> None:
    links = MessageLinks(history="/shop/changelog")

    found = parsed(render_message('Thanks @anna and @b.ö-d"><script>', links)).find_all("a")

    assert [(link.text, link["href"]) for link in found] == [
        ("@anna", "/shop/changelog?author=anna"),
        ("@b.ö-d", "/shop/changelog?author=b.%C3%B6-d"),
    ]


def test_summary_leads_to_its_commit_around_its_other_links() -> None:
    html = render_summary("Fix #12 at last", "/c/1", LINKS)

    assert html == (
        '<a href="/c/1">Fix</a> <a href="https://bugs.example.com/12" rel="nofollow noopener">#12</a> '
        '<a href="/c/1">at last</a>'
    )


def render_whole(text: str) -> Markup:
    return render_message(text, LINKS)


def render_first_line(text: str) -> Markup:
    return render_summary(text, "/c/1", LINKS)


renderers = pytest.mark.parametrize("render", [render_whole, render_first_line])


def harmless(html: str) -> bool:
    """Whether there are no tags but ours with the attributes that we give them, and links to known schemes only."""
    soup = parsed(html)
    tags = soup.find_all(True)
    return all(set(tag.attrs) <= ATTRIBUTES.get(tag.name, {"?"}) for tag in tags) and all(
        str(tag["href"]).startswith(("http://", "https://", "/c/")) for tag in soup.find_all("a")
    )


@renderers
@settings(deadline=None)
@given(
    st.lists(
        st.one_of(
            st.text(), st.sampled_from(["#12", ID, "@anna", "https://", "http://a.example", "SHOP-1", "<", '"', "&", EVIL])
        )
    )
)
def test_nothing_passes_but_text_and_own_tags(render: Callable[[str], Markup], pieces: list[str]) -> None:
    text = "".join(pieces)

    html = render(text)

    assert harmless(html)
    if not re.search("[^\\x20-\\x7e]", text):
        assert parsed(html).text.strip() == parsed(escape(text)).text.strip()


@pytest.mark.parametrize(
    "text",
    [
        "https://a.example/" + ")" * 200_000,
        "@" * 200_000,
        "@" + "a" * 200_000,
        "a" * 200_000,
        "#" * 200_000,
        "#1" * 100_000,
        "#1 " * 70_000,
        "SHOP-" * 40_000,
        f"{ID} " * 15_000,
        "http://" * 30_000,
        "".join(random.Random(7).choices("@#-.abcdef0123456789 ():/", k=200_000)),
    ],
    ids=lambda text: text[:8],
)
@renderers
def test_no_text_is_slow(render: Callable[[str], Markup], text: str) -> None:
    began = time.process_time()

    render(text)

    assert time.process_time() - began < 2.0


@pytest.mark.parametrize(
    "line",
    [
        "#{number}",
        "{number} https://x.example/{number}",
        "#12 https://x.example/{number}",
        "#{number}{number} https://x.example/{number}",
        "#{number} https://x.example/",
        "#{number} javascript:alert({number})",
        "#{number} //x.example/{number}",
        "#{number} https://{number}.example/",
        "#{number} https://{number}@x.example/{number}",
        "#{number} https:///{number}",
        '#{number} https://x.example/"onclick={number}',
        "#{number} ftp://x.example/{number}",
        "#{number} https://[x/{number}",
        "a b c",
        "x" * 60 + "{number} https://x.example/{number}",
        "\n".join(["#{number} https://x.example/{number}"] * (MOST_PATTERNS + 1)),
    ],
)
def test_a_pattern_that_cannot_be_used_is_refused(line: str) -> None:
    with pytest.raises(Invalid):
        repository_rules(line)


def test_signs_of_expressions_in_a_pattern_mean_themselves() -> None:
    links = MessageLinks(issues=repository_rules(r"(a+)+$[{number}] https://x.example/\1/{number}"))

    assert 'href="https://x.example/%5C1/7"' in render_message("see (a+)+$[7]", links)
    assert render_message("aaaa7", links) == "aaaa7"


def test_issues_are_looked_for_in_the_beginning_of_a_very_long_message() -> None:
    html = render_message("#1" + " " * LONGEST_TEXT + "#2", LINKS)

    assert html.count("<a ") == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1a2b3c4 defaced 1234567 123456789012 1a2b3c", ["1a2b3c4", "123456789012"]),
        ("x1a2b3c4 1a2b3c4x 1A2B3C4 " + "a1" * 33, []),
        ("(1a2b3c4): v1-1a2b3c4.", ["1a2b3c4", "1a2b3c4"]),
    ],
)
def test_words_that_may_be_ids(text: str, words: list[str]) -> None:
    assert list(commit_words(text)) == words


def test_hidden_characters_are_written_out() -> None:
    assert visible_text("a\u202eb\x00\tc\n") == "a⟦U+202E⟧b⟦U+0000⟧\tc\n"
    assert visible_text("héllo \u200d 👩\u200d💻") == "héllo \u200d 👩\u200d💻"
