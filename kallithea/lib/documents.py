"""Shows texts that are written to be read: Markdown, reStructuredText, plain text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from markupsafe import Markup

from kallithea.lib.deadline import Deadline, OutOfTime
from kallithea.lib.highlight import SIZE_LIMIT
from kallithea.lib.markdown import markdown_html
from kallithea.lib.messages import linked_text
from kallithea.lib.sanitizing import LinkResolver, sanitized
from kallithea.lib.visible import decoded, visible_text

# Files of more bytes are shown as plain text. At these sizes Markdown takes half a second and reStructuredText nearly one
# (measured), and other threads wait meanwhile.
MARKDOWN_LIMIT = 200_000
RST_LIMIT = 100_000

SECONDS = 1.0
"""The time that a text may take to be understood; what is worse than any honest text of its size is shown as it is."""
HTML_LIMIT = 1_500_000
"""Characters of HTML; more are left out of the page, because the sanitiser and browsers would be busy with them for long."""

MARKDOWN = (".md", ".markdown", ".mkd", ".mdown")
RESTRUCTURED = (".rst", ".rest")
PLAIN = (".txt", ".text")
ATTACHMENT = "attachment:"
"""How a text of a notebook names a picture that is in its cell."""
_ATTACHED = "attachment-of-this-cell/"
NO_PICTURES: Mapping[str, str] = {}
AS_IT_IS = "This file is too large or too intricate to be laid out; it is shown as it is."


@dataclass(frozen=True, slots=True)
class Document:
    """A text as HTML; `remark` says what is unusual about how it is shown."""

    html: Markup
    remark: str = ""


def is_document(name: str) -> bool:
    """Whether a file of this name is meant to be read rather than to be run."""
    stem, dot, _ = name.lower().rpartition(".")
    return name.lower().endswith((*MARKDOWN, *RESTRUCTURED, *PLAIN)) if dot and stem else name.lower() == "readme"


def render_document(name: str, content: bytes, *, link: LinkResolver, image: LinkResolver) -> Document:
    """A file as HTML by the ending of its name. `link` and `image` turn relative targets into addresses."""
    text = decoded(content[:SIZE_LIMIT])
    if not name.lower().endswith((*MARKDOWN, *RESTRUCTURED)):
        return Document(plain(text))
    html = None
    if len(content) <= (MARKDOWN_LIMIT if name.lower().endswith(MARKDOWN) else RST_LIMIT):
        html = _laid_out(name, visible_text(text))
    if html is None or len(html) > HTML_LIMIT:
        return Document(plain(text), AS_IT_IS)
    return Document(sanitized(html, link=link, image=image, taken=set()))


class MarkdownPieces:
    """Several pieces of Markdown on one page: together they have the time of one file, and each id is given once."""

    def __init__(self, *, link: LinkResolver, image: LinkResolver) -> None:
        self._link = link
        self._image = image
        self._deadline = Deadline(SECONDS)
        self._room = HTML_LIMIT
        self._taken: set[str] = set()
        self._pieces = 0

    def render(self, text: str, pictures: Mapping[str, str] = NO_PICTURES) -> Markup:
        """A piece as HTML, or as it is where there is no time left. `pictures` has the addresses of those that the text names
        as `attachment:NAME`."""
        if pictures:
            text = text.replace(f"]({ATTACHMENT}", f"]({_ATTACHED}")
        self._pieces += 1
        try:
            html = markdown_html(visible_text(text), deadline=self._deadline, piece=self._pieces)
        except OutOfTime:
            return plain(text)
        self._room -= len(html)
        return (
            plain(text) if self._room < 0 else sanitized(html, link=self._link, image=self._seen(pictures), taken=self._taken)
        )

    def _seen(self, pictures: Mapping[str, str]) -> LinkResolver:
        def address(target: str) -> str:
            name = target.removeprefix(_ATTACHED)
            return self._image(target) if name == target else pictures.get(unquote(name), "")

        return address if pictures else self._image


def plain(text: str) -> Markup:
    """A text as it is, in the font of code; web addresses are links."""
    return Markup('<pre class="plain">{}</pre>').format(linked_text(text))


def _laid_out(name: str, text: str) -> str | None:
    """The HTML of a text; None where that takes too long or cannot be done."""
    deadline = Deadline(SECONDS)
    if name.lower().endswith(MARKDOWN):
        try:
            return markdown_html(text, deadline=deadline)
        except OutOfTime:
            return None
    # Here, because docutils takes a fifth of a second to load and most servers never see a file in its format.
    from kallithea.lib.restructured import restructured_html

    try:
        return restructured_html(text, deadline=deadline)
    except Exception:  # noqa: BLE001 - nothing that somebody pushed may take the page down; it is shown as it is then
        return None
