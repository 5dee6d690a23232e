"""Queries of visitors in Mercurial's language (hg help revsets): only what can neither run, read nor write anything else.

What a query may say is a list of what is known to be harmless; all else is refused before Mercurial sees it. How long it takes
is bounded by who evaluates it (queries.py).
"""

from __future__ import annotations

import re
from typing import Any

from mercurial import error, revset, revsetlang

from kallithea.lib.errors import Invalid

LONGEST = 500
"""Bytes of a query."""

OPERATORS = frozenset(
    (
        b"and",
        b"or",
        b"not",
        b"minus",
        b"negate",
        b"group",
        b"list",
        b"range",
        b"rangepre",
        b"rangepost",
        b"rangeall",
        b"dagrange",
        b"dagrangepre",
        b"dagrangepost",
        b"dagrangeall",
        b"parent",
        b"parentpost",
        b"ancestor",
        b"only",
        b"onlypost",
        b"keyvalue",
        b"func",
        b"symbol",
        b"string",
    )
)
"""What a query may be put together from; not `##`, which makes texts that nobody has checked."""

# What may stand before the colon in a text that these functions are given. Without that limit, `re:` and `glob:` make regular
# expressions that take for ever, and `listfile:`, `include:` and `set:` read files of the server.
PLAIN = frozenset((b"literal",))
PATH = frozenset((b"path",))
FUNCTIONS: dict[bytes, frozenset[bytes] | None] = {
    b"adds": PATH,
    b"all": None,
    b"ancestor": None,
    b"ancestors": None,
    b"author": PLAIN,
    b"bookmark": PLAIN,
    b"branch": PLAIN,
    b"branchpoint": None,
    b"children": None,
    b"closed": None,
    b"commonancestors": None,
    b"date": None,
    b"desc": PLAIN,
    b"descendants": None,
    b"destination": None,
    b"draft": None,
    b"extra": PLAIN,
    b"file": PATH,
    b"filelog": PATH,
    b"first": None,
    b"head": None,
    b"heads": None,
    b"id": None,
    b"keyword": PLAIN,
    b"last": None,
    b"limit": None,
    b"max": None,
    b"merge": None,
    b"min": None,
    b"modifies": PATH,
    b"none": None,
    b"only": None,
    b"orphan": None,
    b"origin": None,
    b"p1": None,
    b"p2": None,
    b"parents": None,
    b"present": None,
    b"public": None,
    b"removes": PATH,
    b"rev": None,
    b"reverse": None,
    b"roots": None,
    b"sort": None,
    b"tag": PLAIN,
    b"tagged": PLAIN,
    b"unstable": None,
    b"user": PLAIN,
}
# mercurial/error.py: what is unknown or cannot be, by several ancestors.
WRONG = (error.Error, error.RepoError, error.StorageError, error.WdirUnsupported, ValueError)
KIND = re.compile(rb"([a-z0-9]+):")


def checked(text: str) -> None:
    """Refuse what is no query or asks for more than looking at commits. Raises Invalid."""
    raw = text.encode("utf-8", "surrogateescape")
    if len(raw) > LONGEST:
        raise _refused(f"A query has at most {LONGEST} letters.")
    _parsed(raw)


def numbers(repo: Any, text: str) -> list[int]:
    """The numbers of the commits that a query means, the highest first. Raises Invalid."""
    tree = _parsed(text.encode("utf-8", "surrogateescape"))
    last = len(repo.unfiltered())
    try:
        matcher = revset.makematcher(revsetlang.optimize(revsetlang.analyze(tree)))
        return sorted({number for number in matcher(repo) if 0 <= number < last}, reverse=True)
    except (*WRONG, TypeError, RecursionError) as wrong:
        raise _refused(_said(wrong)) from wrong


def _parsed(raw: bytes) -> Any:
    try:
        tree = revsetlang.parse(raw)
        _check(tree, None)
    except (*WRONG, RecursionError) as wrong:
        raise _refused(_said(wrong)) from wrong
    return tree


def _check(tree: Any, kinds: frozenset[bytes] | None) -> None:
    """Raises Invalid for what is not allowed; `kinds` are those of the texts of the function around."""
    if not isinstance(tree, tuple):
        return
    kind = tree[0]
    if kind not in OPERATORS:
        raise _refused(f"{_shown(kind)} is not possible here.")
    if kind in (b"symbol", b"string"):
        _check_text(tree[1], kinds)
    elif kind == b"func":
        name = tree[1][1]
        if name not in FUNCTIONS:
            raise _refused(f"There is no function {_shown(name)} here.")
        _check_arguments(tree[2], FUNCTIONS[name])
    else:
        _check_arguments(tree[1:], kinds)


def _check_arguments(arguments: Any, kinds: frozenset[bytes] | None) -> None:
    if isinstance(arguments, tuple) and arguments and isinstance(arguments[0], bytes):
        _check(arguments, kinds)
        return
    for argument in arguments or ():
        _check(argument, kinds)


def _check_text(text: bytes, kinds: frozenset[bytes] | None) -> None:
    given = KIND.match(text)
    if kinds is PATH and (given is None or given[1] not in PATH):
        raise _refused("A file is given as in 'path:folder/name'.")
    if kinds is PLAIN and given is not None and given[1] not in PLAIN:
        raise _refused(
            f"{_shown(given[0])} is not possible here.", hint=f"To look for these letters themselves: literal:{_shown(text)}"
        )


def _said(wrong: BaseException) -> str:
    if isinstance(wrong, RecursionError):
        return "It is nested too deeply."
    message = getattr(wrong, "message", None) or (wrong.args[0] if wrong.args else b"")
    return _shown(message) if isinstance(message, bytes) else str(message)


def _shown(text: bytes) -> str:
    return text.decode("utf-8", "replace")


def _refused(reason: str, hint: str | None = None) -> Invalid:
    return Invalid(f"This query cannot be answered: {reason}", hint=hint, fields={"rev": reason})
