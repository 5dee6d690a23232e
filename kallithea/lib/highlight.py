"""Colours code, line by line."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate

from markupsafe import Markup, escape
from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name
from pygments.token import STANDARD_TYPES, Token, _TokenType
from pygments.util import ClassNotFound

from kallithea.lib.encodings import NUL_SAMPLE, Text, is_marked_as_wide, read_text, unmarked_utf16
from kallithea.lib.lexer_names import lexer_by_name
from kallithea.lib.visible import HIDDEN, TURNING, character_name, code_point, visible_text

SIZE_LIMIT = 512_000
"""Bytes of a file that are shown at most; larger ones are offered as raw bytes only."""

LINES_SHOWN = 40_000
"""Lines of a file that are shown at most: a row of the page takes a hundred bytes and more, even for an empty line."""

# Beyond these a file is shown without colours: colouring takes one to two seconds for this many bytes (measured), and some
# lexers take far longer over one endless line.
COLOUR_LIMIT = 200_000
LINE_LIMIT = 20_000
LINE_LENGTH_LIMIT = 5_000
COLOUR_SECONDS = 3.0
"""Of this thread's own work: some texts take a lexer far longer than others of their size."""

SNIPPET_LIMIT = 50_000
MARKED_LIMIT = 2_000
"""Hidden characters that get a label each; where there are more they are written out, which takes a tenth of the page."""


@dataclass(frozen=True, slots=True)
class HighlightedFile:
    """The lines without their ends. `remarks` are sentences on what the reader would not see otherwise."""

    lines: tuple[Markup, ...]
    language: str | None
    remarks: tuple[str, ...] = ()


def highlight(name: str, content: bytes, *, splits_at_cr: bool = True) -> HighlightedFile:
    """A text file by the language that its name or its first line tells.

    CR alone ends lines where no line ends otherwise, as on the Macintosh of old; git and hg count no lines there.
    """
    found = read_text(content[:SIZE_LIMIT])
    text, end = _with_line_feeds(found.text, splits_at_cr=splits_at_cr)
    remarks = _remarks(found, text, end)
    if sum(1 for _ in HIDDEN.finditer(text)) > MARKED_LIMIT:
        text = visible_text(text)
    lexer_name = _language_of(name, text.partition("\n")[0])
    if lexer_name is None:
        return HighlightedFile(_plain(text), None, remarks)
    lexer = _lexer(lexer_name)
    if _is_too_much(text):
        return HighlightedFile(_plain(text), lexer.name, remarks)
    lines, is_coloured = _lines_in_time(lexer, text, time.thread_time() + COLOUR_SECONDS)
    if not is_coloured:
        remarks = (*remarks, "Colouring this file takes too long; from some line on it is without colours.")
    return HighlightedFile(lines, lexer.name, remarks)


def _lines_in_time(lexer: Lexer, text: str, until: float) -> tuple[tuple[Markup, ...], bool]:
    """The lines, coloured until that time of the thread's clock and plain from there on; and whether all are coloured."""
    lines: list[Markup] = []
    with closing(_lines(lexer, text)) as coloured:
        for line in coloured:
            lines.append(line)
            if time.thread_time() > until:
                break
    plain = text.removesuffix("\n").split("\n")[len(lines) :]
    return (*lines, *map(escaped, plain)), not plain


def _with_line_feeds(text: str, *, splits_at_cr: bool) -> tuple[str, str]:
    """The text with the line ends that we know, and a sentence on those that it had."""
    dos, all_ends = text.count("\r\n"), text.count("\n")
    if dos:
        end = "Lines end with CR LF." if dos == all_ends else "Some lines end with CR LF."
        return text.replace("\r\n", "\n"), end
    if "\r" in text and not all_ends and splits_at_cr:
        return text.replace("\r", "\n"), "Lines end with CR."
    return text, ""


def _is_too_much(text: str) -> bool:
    return len(text) > COLOUR_LIMIT or text.count("\n") > LINE_LIMIT or max(map(len, text.split("\n"))) > LINE_LENGTH_LIMIT


def highlight_snippet(code: str, language: str) -> Markup | None:
    """A piece of code in a named language; None if the language is unknown or the code very long."""
    words = language.split()
    if not words or len(code) > SNIPPET_LIMIT:
        return None
    try:
        lexer = _lexer(words[0].lower())
    except ClassNotFound:
        return None
    return Markup("\n").join(_lines(lexer, code)) + Markup("\n")


Run = tuple[str, str]
"""A look, and the text that has it."""


def language_of_name(name: str) -> str | None:
    """The language that the name of a file tells, as Pygments calls it; None where that has no colours."""
    found = _language_of(name, "")
    return None if found == "text" else found


def colour_lines(
    name: str, lines: Sequence[str], *, goes_on: Callable[[], bool] = lambda: True
) -> list[tuple[Run, ...]] | None:
    """The runs of each of some neighbouring lines of a file; None where its language is unknown or would change the text, and
    where `goes_on`, which is asked now and then, says no."""
    language = language_of_name(name)
    if language is None or not lines:
        return None
    found: list[list[Run]] = [[]]
    for look, value in _runs(_lexer(language), "\n".join(lines)):
        first, *others = value.split("\n")
        found[-1].append((look, first))
        found += [[(look, piece)] for piece in others]
        if others and not goes_on():
            return None
    is_same = ["".join(text for _, text in runs) for runs in found] == list(lines)
    return [tuple(run for run in runs if run[1]) for runs in found] if is_same else None


def marked(runs: Sequence[Run], pieces: Sequence[tuple[str, bool]], element: str) -> Markup:
    """A line in its colours, with those `pieces` (text, whether it is marked) in an element; both make up the same text."""
    html: list[str] = []
    ends = list(accumulate(len(text) for _, text in runs))
    at, run = 0, 0
    for text, is_marked in pieces:
        html.append(f"<{element}>" if is_marked else "")
        end = at + len(text)
        while at < end:
            until = min(end, ends[run])
            start = at - ends[run] + len(runs[run][1])
            html.append(_span(runs[run][0], runs[run][1][start : start + until - at]))
            at = until
            run += at == ends[run]
        html.append(f"</{element}>" if is_marked else "")
    return Markup("".join(html))  # noqa: S704 - made of _span only, which escapes


def is_binary(content: bytes) -> bool:
    """Whether these bytes are no text: a NUL near the beginning, as git judges, unless they are UTF-16 or say to be UTF-32."""
    return b"\0" in content[:NUL_SAMPLE] and not (is_marked_as_wide(content) or unmarked_utf16(content))


def can_be_shown(content: bytes, size: int) -> bool:
    """Whether a text of this size, beginning with this content, is small enough for a page."""
    return size <= SIZE_LIMIT and max(content.count(b"\n"), content.count(b"\r")) <= LINES_SHOWN


def escaped(text: str) -> Markup:
    """Text as HTML, hidden characters as small labels that say what they are."""
    if HIDDEN.search(text) is None:
        return escape(text)
    if len(text) > MARKED_LIMIT and sum(1 for _ in HIDDEN.finditer(text)) > MARKED_LIMIT:
        return escape(visible_text(text))
    pieces = []
    at = 0
    for match in HIDDEN.finditer(text):
        pieces += [escape(text[at : match.start()]), _label(match.group())]
        at = match.end()
    return Markup("").join((*pieces, escape(text[at:])))


@lru_cache(maxsize=64)
def _label(character: str) -> Markup:
    html = Markup('<span class="hidden-character" title="{}">{}</span>')
    return html.format(character_name(character), code_point(character))


def _remarks(found: Text, text: str, end: str) -> tuple[str, ...]:
    remarks = []
    if found.is_guess:
        remarks.append(f"This file is not UTF-8; it is shown as {found.encoding}, which is a guess.")
    elif found.encoding != "UTF-8":
        remarks.append(f"This file is {found.encoding}.")
    if end:
        remarks.append(end)
    if TURNING.search(text):
        remarks.append("This file has characters that change the direction of text; they are marked below.")
    elif HIDDEN.search(text):
        remarks.append("This file has characters that cannot be seen; they are marked below.")
    return tuple(remarks)


def _plain(text: str) -> tuple[Markup, ...]:
    return tuple(escaped(line) for line in text.removesuffix("\n").split("\n"))


_INTERPRETER = re.compile(r"#!\s*(?:\S*/)?([a-z]+)[\d.]*(?:\s+-S)?(?:\s+([a-z]+))?")


@lru_cache(maxsize=512)
def _language_of(name: str, first_line: str) -> str | None:
    """The name under which Pygments knows the language, or None."""
    if found := lexer_by_name(name):
        return found
    if match := _INTERPRETER.match(first_line):
        interpreter, argument = match.groups()
        return _known(argument if interpreter == "env" else interpreter)
    return None


def _known(language: str | None) -> str | None:
    try:
        get_lexer_by_name(language or "")
    except ClassNotFound:
        return None
    return language


@lru_cache(maxsize=64)
def _lexer(language: str) -> Lexer:
    # Pygments would otherwise drop blank lines at both ends, and line numbers would be wrong.
    return get_lexer_by_name(language, stripnl=False, ensurenl=False)


def _lines(lexer: Lexer, text: str) -> Generator[Markup, None, None]:
    """The lines of a text; what spans several of them is closed and opened again at each end."""
    line: list[str] = []
    for look, value in _runs(lexer, text.removesuffix("\n")):
        first, *others = value.split("\n")
        line.append(_span(look, first))
        for piece in others:
            yield Markup("".join(line))  # noqa: S704 - made of _span only, which escapes
            line = [_span(look, piece)]
    yield Markup("".join(line))  # noqa: S704 - likewise


def _runs(lexer: Lexer, text: str) -> Iterator[tuple[str, str]]:
    """(look, text) of the tokens, neighbours of one look joined: that halves the HTML."""
    look, values = "", [""]
    # Not `get_tokens`, which makes a line end of each CR, so that lines would have other numbers than for git and hg.
    for _, kind, value in lexer.get_tokens_unprocessed(text):
        new = _look(kind)
        # Blanks look the same in any colour.
        if new == look or value.isspace():
            values.append(value)
            continue
        yield look, "".join(values)
        look, values = new, [value]
    yield look, "".join(values)


# The kinds of token that the style sheet knows, by Pygments' short names; others look like plain text.
_LOOKS = frozenset(
    (
        *("c", "ch", "cm", "cp", "c1", "cs", "k", "kc", "kd", "kn", "kr", "kt"),
        *("m", "s", "sd", "si", "se", "sr", "ss", "ow"),
        *("na", "nb", "bp", "nc", "nd", "ne", "nf", "fm", "nt", "nv", "no"),
        *("gd", "gh", "gi", "gs", "gu"),
    )
)


@lru_cache(maxsize=512)
def _look(kind: _TokenType) -> str:
    """The nearest look of a kind of token: its own, or that of what it is a kind of."""
    while kind is not Token and kind.parent is not None:
        short = STANDARD_TYPES.get(kind, "")
        if short in _LOOKS:
            return short
        kind = kind.parent
    return ""


def _span(look: str, text: str) -> str:
    if not text:
        return ""
    return f'<span class="{look}">{escaped(text)}</span>' if look else str(escaped(text))
