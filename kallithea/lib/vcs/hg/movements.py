"""What a push changed: the heads and bookmarks before and after it, compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kallithea.lib.vcs.objects import CommitId, RefKind, RefUpdate


@dataclass(frozen=True, slots=True)
class Positions:
    """Where everything points: per branch its open and its closed heads (by binary id), per bookmark its commit."""

    open_heads: Mapping[bytes, frozenset[bytes]]
    closed_heads: Mapping[bytes, frozenset[bytes]]
    bookmarks: Mapping[bytes, bytes]


def positions(repo: Any) -> Positions:
    """The positions in a repository as clients see it."""
    branches = repo.branchmap()
    every = {branch: frozenset(branches.branchheads(branch, closed=True)) for branch in branches}
    still_open = {branch: frozenset(branches.branchheads(branch)) for branch in branches}
    return Positions(
        open_heads=still_open,
        closed_heads={branch: every[branch] - still_open[branch] for branch in every},
        bookmarks=dict(repo._bookmarks.items()),
    )


def movements(repo: Any, before: Positions, after: Positions) -> tuple[RefUpdate, ...]:
    """The updates that lead from one to the other; `repo` is the repository after them."""
    names = sorted(before.open_heads.keys() | after.open_heads.keys())
    updates = [update for name in names for update in _branch_movements(repo, name, before, after)]
    return (*updates, *_bookmark_movements(before, after))


def _branch_movements(repo: Any, name: bytes, before: Positions, after: Positions) -> list[RefUpdate]:
    nothing: frozenset[bytes] = frozenset()
    old, new = before.open_heads.get(name, nothing), after.open_heads.get(name, nothing)
    gone, come = _by_number(repo, old - new), _by_number(repo, new - old)
    updates = []
    for head in come:
        origin = next((candidate for candidate in gone if _is_ancestor(repo, candidate, head)), None)
        if origin is not None:
            gone.remove(origin)
        updates.append(_update(RefKind.BRANCH, name, origin, head))
    closed = _by_number(repo, after.closed_heads.get(name, nothing) - before.closed_heads.get(name, nothing))
    # A head that was closed is a head that went; one that came closed is news that would be lost otherwise.
    updates += [
        _update(RefKind.BRANCH, name, None, head)
        for head in closed
        if not any(_is_ancestor(repo, candidate, head) for candidate in gone)
    ]
    return updates + [_update(RefKind.BRANCH, name, head, None) for head in gone]


def _bookmark_movements(before: Positions, after: Positions) -> list[RefUpdate]:
    old, new = before.bookmarks, after.bookmarks
    return [
        _update(RefKind.BOOKMARK, name, old.get(name), new.get(name))
        for name in sorted(old.keys() | new.keys())
        if old.get(name) != new.get(name)
    ]


def _update(kind: RefKind, name: bytes, old: bytes | None, new: bytes | None) -> RefUpdate:
    return RefUpdate(kind, name.decode("utf-8", "replace"), _commit_id(old), _commit_id(new))


def _commit_id(node: bytes | None) -> CommitId | None:
    return None if node is None else CommitId(node.hex())


def _by_number(repo: Any, heads: frozenset[bytes]) -> list[bytes]:
    """In the order of their numbers; what is no longer visible (obsolete, stripped) comes first."""
    index = repo.unfiltered().changelog.index
    return sorted(heads, key=lambda head: index.get_rev(head) if index.has_node(head) else -1)


def _is_ancestor(repo: Any, ancestor: bytes, descendant: bytes) -> bool:
    log = repo.unfiltered().changelog
    if not (log.index.has_node(ancestor) and log.index.has_node(descendant)):
        return False
    return bool(log.isancestor(ancestor, descendant))
