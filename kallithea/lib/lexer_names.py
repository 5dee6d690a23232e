"""The language of a file by its name, as Pygments tells it, without trying its nine hundred patterns one by one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import cache

from pygments.lexers import find_lexer_class, get_all_lexers

_WILD = re.compile(r"[*?\[]")
EXACT = 0.5
"""What a name without wildcards counts more in Pygments (`find_lexer_class_for_filename`)."""

_Match = tuple[str, bool]
"""The name of a lexer, and whether its pattern has no wildcard."""


def lexer_by_name(name: str) -> str | None:
    """The alias of the language for the last part of a path; None where Pygments knows none, or has no alias for it.

    Of several the one with the highest priority is taken, then the last by the name of its class, as Pygments does.
    """
    found = [(*_rank(lexer, is_exact), lexer) for lexer, is_exact in _matches(name.rpartition("/")[2])]
    if not found:
        return None
    best = find_lexer_class(max(found)[-1])
    return str(best.aliases[0]) if best is not None and best.aliases else None


def _rank(lexer: str, is_exact: bool) -> tuple[float, str]:
    found = find_lexer_class(lexer)
    return (0.0, "") if found is None else (found.priority + EXACT * is_exact, found.__name__)


def _matches(name: str) -> Iterator[_Match]:
    endings, names, others = _patterns()
    yield from names.get(name, ())
    for start in range(len(name)):
        yield from endings.get(name[start:], ())
    for pattern, lexer in others:
        if fnmatchcase(name, pattern):
            yield lexer, False


@cache
def _patterns() -> tuple[dict[str, list[_Match]], dict[str, list[_Match]], list[tuple[str, str]]]:
    """Who has an ending (`*.py`), who has a whole name (`Makefile`), and the few patterns that are neither."""
    endings: dict[str, list[_Match]] = {}
    names: dict[str, list[_Match]] = {}
    others: list[tuple[str, str]] = []
    for lexer, _, patterns, _ in get_all_lexers(plugins=False):
        for pattern in patterns:
            if not _WILD.search(pattern):
                names.setdefault(pattern, []).append((lexer, True))
            elif pattern.startswith("*") and not _WILD.search(pattern, 1):
                endings.setdefault(pattern[1:], []).append((lexer, False))
            else:
                others.append((pattern, lexer))
    return endings, names, others
