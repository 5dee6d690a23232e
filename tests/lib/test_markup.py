"""Messages of others become HTML that can do no harm."""

from kallithea.lib.markup import render_message
from kallithea.lib.visible import visible_text


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
