"""Turns texts of others into safe HTML: READMEs, commit messages, and characters that nobody can see.

Whatever comes out of here as `Markup` went through an escape or through the allow-list below, last of all.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup
from pygments.token import STANDARD_TYPES

from kallithea.lib.highlight import escaped, highlight_snippet
from kallithea.lib.visible import decoded, visible_text

SIZE_LIMIT = 512_000
"""No more bytes of a README are shown than this."""

# READMEs of more bytes are shown as plain text. At these sizes Markdown takes half a second and reStructuredText nearly one
# (measured), and other threads wait meanwhile.
MARKDOWN_LIMIT = 200_000
RST_LIMIT = 40_000

HTML_TAG_LIMIT = 5_000
"""With more tags of its own, a Markdown file's HTML is shown as text: deep nesting costs the parser its square."""

LinkResolver = Callable[[str], str]


def render_message(text: str, *, commit_link: Callable[[str], str | None] | None = None) -> Markup:
    """A commit message: escaped, web addresses as links; ids of commits too where `commit_link` knows their address."""
    pieces: list[Markup] = []
    at = 0
    for match in _LINKABLE.finditer(text):
        found = match.group()
        if match.lastgroup == "id":
            address = commit_link(found) if commit_link else None
        else:
            address = found = _without_trailing_punctuation(found)
        if address is None:
            continue
        pieces.append(escaped(text[at : match.start()]))
        pieces.append(Markup('<a href="{}" rel="nofollow noopener">{}</a>').format(address, escaped(found)))
        at = match.start() + len(found)
    pieces.append(escaped(text[at:]))
    return Markup("").join(pieces)


def render_readme(name: str, content: bytes, *, link: LinkResolver, image: LinkResolver) -> Markup:
    """A README as HTML by the ending of its name: Markdown, reStructuredText, or plain text.

    `link` and `image` turn relative targets into addresses. Images of other hosts show their text only, because a page asks
    no other host for anything. All ids begin with `readme-`.
    """
    text = decoded(content[:SIZE_LIMIT])
    ending = name.lower().rpartition(".")[2]
    html = None
    if ending in ("md", "markdown", "mkd") and len(content) <= MARKDOWN_LIMIT:
        html = _markdown(html=text.count("<") <= HTML_TAG_LIMIT).render(visible_text(text))
    if ending in ("rst", "rest") and len(content) <= RST_LIMIT:
        html = _restructured(visible_text(text))
    if html is not None:
        return _clean(html, link, image)
    return Markup('<pre class="plain">{}</pre>').format(escaped(text))


# --- links in running text

_URL = r"https?://[^\s<>\"`|\\^{}]{1,2000}"
_LINKABLE = re.compile(rf"\b(?P<url>{_URL})|\b(?P<id>[0-9a-f]{{12,40}})\b")
_BARE_URL = re.compile(rf"\b{_URL}")


def _without_trailing_punctuation(url: str) -> str:
    """The address without what ends the sentence around it; a closing bracket stays if it was opened inside."""
    unopened = url.count(")") - url.count("(")
    end = len(url)
    while url[end - 1] in ".,;:!?'*_~" or (url[end - 1] == ")" and unopened > 0):
        unopened -= url[end - 1] == ")"
        end -= 1
    return url[:end]


# --- Markdown


@cache
def _markdown(*, html: bool) -> MarkdownIt:
    """The parser: CommonMark with GitHub's tables, strike-through, task lists and bare links."""
    parser = MarkdownIt("commonmark", {"html": html, "highlight": _highlighted})
    parser.enable(["table", "strikethrough"])
    parser.core.ruler.push("readme", lambda state: _finish(state.tokens))
    return parser


def _highlighted(code: str, language: str, _attributes: str) -> str:
    # An empty answer makes the parser escape the code itself.
    return str(highlight_snippet(code, language) or "")


def _finish(tokens: list[Token]) -> None:
    """What GitHub adds to CommonMark, done on the parsed tokens; headings move below those of the page."""
    slugs: Counter[str] = Counter()
    for number, token in enumerate(tokens):
        if token.type == "heading_open":
            token.attrSet("id", _unique(_slug(tokens[number + 1].content), slugs))
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(6, int(token.tag[1]) + 1)}"
        if token.type == "inline" and token.children:
            if number >= 2 and tokens[number - 2].type == "list_item_open":
                _show_task(tokens[number - 2], token.children)
            token.children = _with_bare_links(token.children)


def _slug(title: str) -> str:
    words = re.sub(r"[^\w\s-]", "", title.lower()).split()
    return "-".join(words) or "section"


def _unique(slug: str, seen: Counter[str]) -> str:
    """`usage`, then `usage-1`, `usage-2`; a clash with a heading called that is left to the allow-list."""
    seen[slug] += 1
    return slug if seen[slug] == 1 else f"{slug}-{seen[slug] - 1}"


_TASK = re.compile(r"\[([ xX])\]\s")


def _show_task(item: Token, children: Sequence[Token]) -> None:
    """A task of a list as a box that is ticked or not: a character, as nothing can be clicked here."""
    if match := _TASK.match(children[0].content):
        box = "☐" if match.group(1) == " " else "☑"
        children[0].content = f"{box} {children[0].content[match.end() :]}"
        item.attrSet("class", "task")


def _with_bare_links(children: Sequence[Token]) -> list[Token]:
    found: list[Token] = []
    depth = 0
    for token in children:
        depth += (token.type == "link_open") - (token.type == "link_close")
        found += _linked(token) if token.type == "text" and not depth else [token]
    return found


def _linked(token: Token) -> list[Token]:
    pieces: list[Token] = []
    at = 0
    for match in _BARE_URL.finditer(token.content):
        url = _without_trailing_punctuation(match.group())
        pieces += [
            Token("text", "", 0, content=token.content[at : match.start()]),
            Token("link_open", "a", 1, attrs={"href": url}),
            Token("text", "", 0, content=url),
            Token("link_close", "a", -1),
        ]
        at = match.start() + len(url)
    return [*pieces, Token("text", "", 0, content=token.content[at:])] if pieces else [token]


# --- reStructuredText

_RST_SETTINGS = {
    "_disable_config": True,  # or a file on the server would decide
    "file_insertion_enabled": False,
    "raw_enabled": False,
    "report_level": 5,
    "halt_level": 5,
    "initial_header_level": 2,
    "doctitle_xform": False,
    "syntax_highlight": "short",
    "math_output": "LaTeX",
    "image_loading": "link",
    "input_encoding": "unicode",
}


def _restructured(text: str) -> str | None:
    """The HTML of a text in reStructuredText; None where docutils gives up."""
    # Here, because docutils takes a fifth of a second to load and most servers never see a README in its format.
    from docutils.core import publish_parts
    from docutils.writers.html5_polyglot import Writer

    try:
        return str(publish_parts(text, writer=Writer(), settings_overrides=_RST_SETTINGS)["body"])
    except Exception:  # noqa: BLE001 - nothing that somebody pushed may take the page down; it is shown as plain text then
        return None


# --- the allow-list

_TAGS = {
    *("a", "abbr", "b", "blockquote", "br", "caption", "cite", "code", "dd", "del", "details", "dfn", "div", "dl", "dt"),
    *("em", "figcaption", "figure", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "img", "ins", "kbd", "li", "ol", "p"),
    *("pre", "q", "s", "samp", "section", "small", "span", "strong", "sub", "summary", "sup", "table", "tbody", "td"),
    *("tfoot", "th", "thead", "tr", "tt", "u", "ul", "var"),
}
_ATTRIBUTES = {
    "*": {"id", "title", "align", "dir", "lang"},
    "a": {"href"},
    "img": {"src", "alt", "width", "height"},
    "ol": {"start"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
    "details": {"open"},
}
_TOKEN_CLASSES = {short for short in STANDARD_TYPES.values() if short} | {"hidden-character"}
_CLASSES = {"span": _TOKEN_CLASSES, "code": _TOKEN_CLASSES, "li": {"task"}, "pre": {"plain", "code"}}
_SCHEMES = {"http", "https", "mailto"}
_SCHEME = re.compile(r"\s*([a-zA-Z][a-zA-Z0-9+.-]*):")


def _clean(html: str, link: LinkResolver, image: LinkResolver) -> Markup:
    """The allowed part of some HTML, with its ids made ours and its relative addresses resolved."""
    taken: set[str] = set()

    def settle(_tag: str, attribute: str, value: str) -> str | None:
        if attribute == "id":
            anchor = _anchor(value)
            if anchor in taken:
                return None
            taken.add(anchor)
            return anchor
        if attribute == "href":
            return _address(value, link)
        if attribute == "src":
            return image(value) if _is_relative(value) else None
        return value

    return Markup(  # noqa: S704 - what nh3 lets through is all that this module lets through
        nh3.clean(
            html,
            tags=_TAGS,
            clean_content_tags={"script", "style", "title", "textarea", "template", "iframe", "noscript"},
            attributes=_ATTRIBUTES,
            attribute_filter=settle,
            allowed_classes=_CLASSES,
            url_schemes=_SCHEMES,
            link_rel="nofollow noopener",
        )
    )


def _anchor(value: str) -> str:
    return f"readme-{value.removeprefix('readme-')}"


def _is_relative(target: str) -> bool:
    """Whether a target has neither scheme nor host. Browsers read `\\` as `/` and skip what they cannot see."""
    seen = re.sub(r"[\x00-\x20]", "", target).replace("\\", "/")
    return not seen.startswith("//") and not _SCHEME.match(seen)


def _address(target: str, link: LinkResolver) -> str:
    if target.startswith("#"):
        return f"#{_anchor(target[1:])}" if target != "#" else "#"
    return link(target) if _is_relative(target) else target
