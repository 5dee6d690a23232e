"""Markdown as on GitHub, as HTML that is still to be sanitised."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.ruler import RuleOptionsType
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from kallithea.lib.deadline import Deadline
from kallithea.lib.footnotes import LAST_RULE, add_footnotes
from kallithea.lib.highlight import highlight_snippet
from kallithea.lib.messages import BARE_URL, without_trailing_punctuation

HTML_TAG_LIMIT = 5_000
"""With more tags of its own, a Markdown file's HTML is shown as text: deep nesting costs the sanitiser its square."""


def markdown_html(text: str, *, deadline: Deadline, piece: int = 1) -> str:
    """The HTML of a text in Markdown, which is the `piece`-th of its page. Raises OutOfTime."""
    parser = _parser(html=text.count("<") <= HTML_TAG_LIMIT)
    return str(parser.render(text, {"deadline": deadline, "piece": piece}))


@cache
def _parser(*, html: bool) -> MarkdownIt:
    """The parser: CommonMark with GitHub's tables, strike-through, task lists, footnotes and bare links."""
    parser = MarkdownIt("commonmark", {"html": html, "highlight": _highlighted})
    parser.enable(["table", "strikethrough"])
    add_footnotes(parser)
    # Before notes are taken out: what begins ends, up to there.
    parser.core.ruler.before(LAST_RULE, "readme", lambda state: _finish(state.tokens))
    # Rows of opening brackets and the like take the parser the square of their length. The first rule is asked at each step.
    within: RuleOptionsType = {"alt": ["paragraph", "reference", "blockquote", "list"]}
    parser.block.ruler.before("table", "deadline", _check_block, within)
    parser.inline.ruler.before("text", "deadline", _check_inline)
    parser.add_render_rule("fence", _fence)
    return parser


def _check_block(state: StateBlock, _start: int, _end: int, _silent: bool) -> bool:
    state.env["deadline"].check()
    return False


def _check_inline(state: StateInline, _silent: bool) -> bool:
    state.env["deadline"].check()
    return False


def _fence(self: RendererHTML, tokens: Sequence[Token], at: int, options: OptionsDict, env: EnvType) -> str:
    env["deadline"].check()
    return RendererHTML.fence(self, tokens, at, options, env)


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
    _show_alerts(tokens)


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


_ALERT = re.compile(r"\[!(NOTE|TIP|IMPORTANT|WARNING|CAUTION)\]\Z")


def _show_alerts(tokens: list[Token]) -> None:
    """Quotations that begin with a line such as `[!NOTE]` become what notes of reStructuredText are."""
    shown: list[Token] = []
    alerts: list[bool] = []
    for at, token in enumerate(tokens):
        shown.append(token)
        if token.type == "blockquote_open":
            # A paragraph is three tokens: it begins, its text, it ends.
            kind = _alert(tokens[at + 2]) if tokens[at + 1].type == "paragraph_open" else ""
            alerts.append(bool(kind))
            if kind:
                token.tag = "aside"
                token.attrSet("class", "admonition")
                shown += _title(kind)
                tokens[at + 1].hidden = tokens[at + 3].hidden = not tokens[at + 2].children
        elif token.type == "blockquote_close" and alerts.pop():
            token.tag = "aside"
    tokens[:] = shown


def _alert(text: Token) -> str:
    """The kind of alert that this text begins with, taken from it, or nothing."""
    children = text.children or []
    found = _ALERT.match(children[0].content) if children else None
    if found is None or (len(children) > 1 and children[1].type not in ("softbreak", "hardbreak")):
        return ""
    text.children = children[2:]
    return found[1].capitalize()


def _title(words: str) -> list[Token]:
    return [
        Token("paragraph_open", "p", 1, attrs={"class": "admonition-title"}, block=True),
        Token("inline", "", 0, children=[Token("text", "", 0, content=words)]),
        Token("paragraph_close", "p", -1, block=True),
    ]


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
    for match in BARE_URL.finditer(token.content):
        url = without_trailing_punctuation(match.group())
        pieces += [
            Token("text", "", 0, content=token.content[at : match.start()]),
            Token("link_open", "a", 1, attrs={"href": url}),
            Token("text", "", 0, content=url),
            Token("link_close", "a", -1),
        ]
        at = match.start() + len(url)
    return [*pieces, Token("text", "", 0, content=token.content[at:])] if pieces else [token]
