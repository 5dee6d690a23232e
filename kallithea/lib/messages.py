"""Commit messages as HTML: escaped, with what they name as links.

Nothing that is not escaped comes out of here but the tags that are written below; links lead to this site, to addresses that
begin with http(s), and where patterns of administrators say.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from urllib.parse import quote

from markupsafe import Markup, escape

from kallithea.lib.highlight import escaped
from kallithea.lib.issues import IssueRule, issues_in
from kallithea.lib.visible import visible_text

WEB_ADDRESS = r"https?://[^\s<>\"`|\\^{}]{1,2000}"
BARE_URL = re.compile(rf"\b{WEB_ADDRESS}")
MOST_LINKS = 1000
"""Links in one message; browsers grow slow with more."""
SHORTEST_ID = 7
"""Digits that programs show at least; shorter words are too often something else."""
SURE_ID = 12
"""From so many digits on, a word is taken for an id without a look at what it is made of."""

_ID = rf"\b[0-9a-f]{{{SHORTEST_ID},64}}\b"
_COMMIT_WORD = re.compile(_ID)
_LINKABLE = re.compile(rf"\b(?P<url>{WEB_ADDRESS})|(?P<id>{_ID})|(?<![\w.@/+-])@(?P<name>[A-Za-z0-9](?:[\w.-]{{0,98}}\w)?)")


@dataclass(frozen=True, slots=True)
class MessageLinks:
    """What the words of messages lead to: `commits` has the address of each id that exists, as it is written; `history` is the
    address of the repository's history, where the commits of somebody called @so are found. Without it, @names are no links."""

    issues: tuple[IssueRule, ...] = ()
    commits: Mapping[str, str] = field(default_factory=dict)
    repository: str = ""
    history: str = ""


NO_LINKS = MessageLinks()


@dataclass(frozen=True, slots=True)
class _Piece:
    start: int
    end: int
    html: Markup


def render_message(text: str, links: MessageLinks = NO_LINKS) -> Markup:
    """A whole message; hidden characters are shown as labels."""
    return Markup("").join(_linked(text, links, escaped))


def linked_text(text: str) -> Markup:
    """Any text: escaped, web addresses as links."""
    return render_message(text)


def render_summary(text: str, url: str, links: MessageLinks = NO_LINKS) -> Markup:
    """The first line of a message as the link to its commit at `url`, in pieces where it names something else."""

    def linked(piece: str) -> Markup:
        inner = piece.strip()
        if not inner:
            return escape(piece)
        start = piece.index(inner)
        link = Markup('<a href="{}">{}</a>').format(url, inner)
        return Markup("").join((escape(piece[:start]), link, escape(piece[start + len(inner) :])))

    return Markup("").join(_linked(visible_text(text), links, linked))


def commit_words(text: str) -> Iterator[str]:
    """Iterate over the words of a text that may be ids of commits, full or abbreviated."""
    for match in _COMMIT_WORD.finditer(text):
        word = match.group()
        # Numbers and words such as "defaced" are no ids, or too seldom.
        if len(word) >= SURE_ID or not (word.isdigit() or word.isalpha()):
            yield word


def without_trailing_punctuation(url: str) -> str:
    """The address without what ends the sentence around it; a closing bracket stays if it was opened inside."""
    unopened = url.count(")") - url.count("(")
    end = len(url)
    while url[end - 1] in ".,;:!?'*_~" or (url[end - 1] == ")" and unopened > 0):
        unopened -= url[end - 1] == ")"
        end -= 1
    return url[:end]


def _linked(text: str, links: MessageLinks, plain: Callable[[str], Markup]) -> Iterator[Markup]:
    at = 0
    for piece in islice(_apart(text, links), MOST_LINKS):
        if piece.start > at:
            yield plain(text[at : piece.start])
        yield piece.html
        at = piece.end
    if at < len(text):
        yield plain(text[at:])


def _apart(text: str, links: MessageLinks) -> Iterator[_Piece]:
    """The pieces that are more than text, in their order; where two overlap, what was sure first has it."""
    found = list(islice(_named(text, links), MOST_LINKS))
    # Ends of what is taken, by starts: both in order, so that one pass is enough for each rule.
    taken = found
    for rule in links.issues:
        issues = islice(issues_in(text, (rule,), repository=links.repository), MOST_LINKS)
        taken = list(_merged(taken, [_Piece(i.start, i.end, _link(i.address, i.text)) for i in issues]))
    return iter(taken)


def _merged(taken: list[_Piece], more: list[_Piece]) -> Iterator[_Piece]:
    """Both in order, without those of `more` that overlap something taken."""
    waiting = iter(more)
    candidate = next(waiting, None)
    end = 0
    for piece in taken:
        while candidate is not None and candidate.start < piece.end:
            if candidate.start >= end and candidate.end <= piece.start:
                yield candidate
            candidate = next(waiting, None)
        yield piece
        end = piece.end
    while candidate is not None:
        if candidate.start >= end:
            yield candidate
        candidate = next(waiting, None)


def _named(text: str, links: MessageLinks) -> Iterator[_Piece]:
    for match in _LINKABLE.finditer(text):
        word, start = match.group(), match.start()
        if match.lastgroup == "url":
            word = without_trailing_punctuation(word)
            yield _Piece(start, start + len(word), _link(word, word))
        elif match.lastgroup == "name":
            yield _Piece(start, match.end(), _mention(word, match["name"], links.history))
        elif address := links.commits.get(word):
            yield _Piece(start, match.end(), Markup('<a href="{}" rel="nofollow">{}</a>').format(address, word))


def _mention(word: str, name: str, history: str) -> Markup:
    """A person: their commits here, whoever has that name. Whether somebody has an account is not told."""
    if not history:
        return Markup('<b class="mention">{}</b>').format(escaped(word))
    address = f"{history}?author={quote(name, safe='')}"
    return Markup('<a class="mention" href="{}" rel="nofollow">{}</a>').format(address, escaped(word))


def _link(address: str, text: str) -> Markup:
    return Markup('<a href="{}" rel="nofollow noopener">{}</a>').format(address, escaped(text))
