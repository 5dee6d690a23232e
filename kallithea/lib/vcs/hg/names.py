"""Names and what they mean: branches, tags, bookmarks, ids and numbers. No text of a visitor reaches hg's query language."""

from __future__ import annotations

import string
from typing import Any
from weakref import WeakKeyDictionary

from mercurial import error, scmutil

from kallithea.lib.vcs.hg.commits import FULL_ID, NULL_REVISION, not_found, number_of
from kallithea.lib.vcs.objects import CommitId, Ref, RefKind, Refs

DEFAULT_BRANCH = "default"
DEFAULT_BOOKMARK = b"@"
SHORTEST_PREFIX = 4
LONGEST_NUMBER = 10
HEX_DIGITS = frozenset(string.hexdigits)


_known: WeakKeyDictionary[Any, Refs] = WeakKeyDictionary()
"""By opened repository, which is opened anew when anything changes."""


def read_refs(repo: Any) -> Refs:
    """All names, each kind by name, the default branch first and the heads of a branch from its tip on."""
    found = _known.get(repo)
    if found is None:
        found = _read_refs(repo)
        _known[repo] = found
    return found


def _read_refs(repo: Any) -> Refs:
    default = _default(repo)
    return Refs(
        branches=_branches(repo),
        tags=tuple(
            Ref(RefKind.TAG, _text(name), CommitId(node.hex()))
            for name, node in sorted(repo.tags().items())
            if _is_shared_tag(repo, name)
        ),
        bookmarks=tuple(
            Ref(RefKind.BOOKMARK, _text(name), CommitId(node.hex())) for name, node in sorted(repo._bookmarks.items())
        ),
        default=default,
        default_name=default.name if default else DEFAULT_BRANCH,
    )


def resolve_number(repo: Any, name: str) -> int:
    """The number of the commit that a name means. Raises CommitNotFound."""
    if name in ("", "tip"):
        default = _default(repo)
        if default is None:
            raise not_found(name or DEFAULT_BRANCH)
        return number_of(repo, default.target)
    node = _named(repo, name.encode("utf-8", "surrogateescape")) or node_by_digits(repo, name)
    if node is not None:
        return number_of(repo, CommitId(node.hex()))
    return _by_number(repo, name)


def _branches(repo: Any) -> tuple[Ref, ...]:
    heads_of = repo.branchmap()
    number = repo.changelog.rev
    refs = []
    for name in sorted(heads_of, key=lambda branch: (_text(branch) != DEFAULT_BRANCH, branch)):
        still_open = set(heads_of.branchheads(name))
        heads = sorted(heads_of.branchheads(name, closed=True), key=lambda node: (node not in still_open, -number(node)))
        refs += [Ref(RefKind.BRANCH, _text(name), CommitId(node.hex()), is_closed=node not in still_open) for node in heads]
    return tuple(refs)


def _default(repo: Any) -> Ref | None:
    bookmarked = repo._bookmarks.get(DEFAULT_BOOKMARK)
    if bookmarked is not None:
        return Ref(RefKind.BOOKMARK, _text(DEFAULT_BOOKMARK), CommitId(bookmarked.hex()))
    number = repo.changelog.tiprev()
    if number == NULL_REVISION:
        return None
    tip = repo.branchtip(DEFAULT_BRANCH.encode(), ignoremissing=True)
    context = repo[number] if tip is None else repo[tip]
    return Ref(RefKind.BRANCH, _text(context.branch()), CommitId(context.node().hex()), is_closed=context.closesbranch())


def _named(repo: Any, name: bytes) -> bytes | None:
    node: bytes | None = repo._bookmarks.get(name)
    if node is None and _is_shared_tag(repo, name):
        node = repo.tags().get(name)
    return node or repo.branchtip(name, ignoremissing=True)


def _is_shared_tag(repo: Any, name: bytes) -> bool:
    """Whether it is a tag of the history: not `tip`, nor one that somebody made for this folder only (hg tag --local)."""
    return bool(name != b"tip" and repo.tagtype(name) == b"global")


def node_by_digits(repo: Any, name: str) -> bytes | None:
    """The node that is or begins with these digits, and may be unknown if they are all; None where there is none. Raises
    CommitNotFound where there are several."""
    if not (SHORTEST_PREFIX <= len(name) <= FULL_ID and HEX_DIGITS.issuperset(name)):
        return None
    try:
        node: bytes | None = scmutil.resolvehexnodeidprefix(repo, name.lower().encode())
    except error.AmbiguousPrefixLookupError as ambiguous:
        raise not_found(name) from ambiguous
    except (error.LookupError, error.RepoLookupError, error.WdirUnsupported):
        return None
    return None if node == repo.nullid else node


def _by_number(repo: Any, name: str) -> int:
    if not (name.isascii() and name.isdigit() and len(name) <= LONGEST_NUMBER):
        raise not_found(name)
    number = int(name)
    if number >= len(repo.unfiltered()) or number in repo.changelog.filteredrevs:
        raise not_found(name)
    return number


def _text(name: bytes) -> str:
    return name.decode("utf-8", "replace")
