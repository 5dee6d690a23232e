"""Lists of branches, tags and bookmarks, a page at a time, with what can be said of each in short time."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from kallithea.lib.vcs import Commit, CommitNotFound, Divergence, Reader, Ref, RefKind, Refs, TagNote

REFS_SHOWN = 100
"""Names on one page."""
COUNTING_SECONDS = 1.5
"""Seconds that counting commits between branches may take for a whole page."""


@dataclass(frozen=True, slots=True)
class ListedRef:
    """A name with the commit it points to (None: that is gone), how far it is from the default branch (None: not counted, or it
    is the default branch itself), and what is known of a tag. `is_tip` is False for further heads of an hg branch."""

    ref: Ref
    commit: Commit | None
    divergence: Divergence | None = None
    note: TagNote | None = None
    is_tip: bool = True


@dataclass(frozen=True, slots=True)
class RefList:
    """A page of the names that have `text` in them. With `is_complete` False there was no time to count all divergences."""

    shown: tuple[ListedRef, ...]
    refs: Refs
    total: int
    text: str = ""
    page: int = 1
    is_complete: bool = True


def list_refs(reader: Reader, kind: RefKind, *, text: str, page: int) -> RefList:
    """The page-th (from 1) names of a kind."""
    refs = reader.refs()
    matching = _matching(names_of_kind(refs)[kind], text)
    part = matching[(page - 1) * REFS_SHOWN : page * REFS_SHOWN]
    until = time.monotonic() + COUNTING_SECONDS
    notes = reader.tag_notes([ref.name for ref in part]) if kind is RefKind.TAG else {}
    base = refs.default.target if refs.default and kind is not RefKind.TAG else None
    shown = []
    is_complete = True
    for ref in part:
        commit = _commit(reader, ref)
        divergence = None
        if base is not None and commit is not None and ref.target != base:
            left = until - time.monotonic()
            divergence = reader.divergence(base, ref.target, seconds=left) if left > 0 else None
            is_complete = is_complete and divergence is not None
        shown.append(ListedRef(ref, commit, divergence, notes.get(ref.name)))
    return RefList(_with_tips(shown, refs), refs, len(matching), text, page, is_complete)


def names_of_kind(refs: Refs) -> dict[RefKind, tuple[Ref, ...]]:
    """All names by kind."""
    return {RefKind.BRANCH: refs.branches, RefKind.TAG: refs.latest_tags, RefKind.BOOKMARK: refs.bookmarks}


def _matching(names: Sequence[Ref], text: str) -> Sequence[Ref]:
    """Those with the text in their name, branches that are closed as a whole behind the others."""
    wanted = text.casefold()
    found = [ref for ref in names if wanted in ref.name.casefold()] if wanted else names
    still_open = {ref.name for ref in found if not ref.is_closed}
    if len(still_open) == len(found):
        return found
    return sorted(found, key=lambda ref: ref.name not in still_open)


def _with_tips(shown: Sequence[ListedRef], refs: Refs) -> tuple[ListedRef, ...]:
    tips = {ref.name: ref.target for ref in reversed(refs.branches)}
    return tuple(
        replace(one, is_tip=tips[one.ref.name] == one.ref.target) if one.ref.kind is RefKind.BRANCH else one for one in shown
    )


def _commit(reader: Reader, ref: Ref) -> Commit | None:
    try:
        return reader.commit(ref.target)
    except CommitNotFound:
        return None
