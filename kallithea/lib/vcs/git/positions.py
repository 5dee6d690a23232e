"""Where a walk stopped, as a short text: what was found and not shown, so that going on costs nothing for what lies before."""

from __future__ import annotations

import binascii
import math
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from kallithea.lib.errors import Invalid
from kallithea.lib.vcs.git.history import Key
from kallithea.lib.vcs.objects import CommitId

MOST_IDS = 120
"""Commits that a position names; addresses of more than some thousand letters do not come through everywhere."""
COUNTED = re.compile(r"[0-9]{1,9}")


@dataclass(frozen=True, slots=True)
class Position:
    """Behind `count` commits of a walk. `last` is the oldest one that was shown, `found` are parents that were not shown.

    Heads are not named: those are still to come that are no newer than the oldest that was shown, except for `shown`, which are
    of just that second. Where all that would be too much there is only the count.
    """

    count: int = 0
    last: CommitId | None = None
    found: tuple[CommitId, ...] = ()
    shown: tuple[CommitId, ...] = ()

    def heads(self, heads: Sequence[CommitId], key_of: Callable[[CommitId], Key | None]) -> list[CommitId]:
        """Where the walk goes on."""
        if self.last is None:
            return list(heads)
        at = key_of(self.last)
        if at is None:
            raise _unreadable()
        kept = [head for head in heads if (key := key_of(head)) is not None and key[0] >= at[0]]
        shown = set(self.shown)
        return list(dict.fromkeys([*self.found, *(head for head in kept if head not in shown)]))

    def text(self) -> str:
        if self.last is None:
            return str(self.count)
        names = "".join(f".{_short(commit_id)}" for commit_id in (self.last, *self.found))
        return f"{self.count}{names}" + "".join(f"!{_short(commit_id)}" for commit_id in self.shown)


START = Position()


def read_position(text: str) -> Position:
    """The position that an address names. Raises Invalid."""
    if not text:
        return START
    named, *shown = text.split("!")
    counted, *found = named.split(".")
    if not COUNTED.fullmatch(counted) or len(found) + len(shown) > MOST_IDS + 1 or (shown and not found):
        raise _unreadable()
    ids = [_long(name) for name in found]
    return Position(int(counted), ids[0] if ids else None, tuple(ids[1:]), tuple(_long(name) for name in shown))


class Tracker:
    """Follows a walk and tells where it is. It goes by hexadecimal ids: a search has it look at every commit."""

    def __init__(self, heads: Sequence[CommitId], before: Position, key_of: Callable[[CommitId], Key | None]) -> None:
        self._heads = frozenset(head.hex for head in heads)
        self._key_of = key_of
        self._found = dict.fromkeys(one.hex for one in before.found)
        self._seen: set[str] = set()
        self._shown = {head.hex for head in before.shown} & self._heads
        self._last = before.last.hex if before.last else None
        at = key_of(before.last) if before.last else None
        self._age = at[0] if at else -math.inf
        self.count = before.count

    def show(self, name: str, parents: Iterable[str], *, seconds: float) -> None:
        """A commit of this time came along."""
        self.count += 1
        # Where clocks went wrong, or several commits are of one second, the last one is not always the oldest.
        if self._last is None or -seconds > self._age:
            self._last, self._age = name, -seconds
        self._seen.add(name)
        self._found.pop(name, None)
        if name in self._heads:
            self._shown.add(name)
        for parent in parents:
            if parent not in self._seen:
                self._found[parent] = None

    def position(self, *, by_count: bool = False) -> Position:
        """Behind the last commit that came along."""
        if by_count or self._last is None:
            return Position(self.count)
        later = {head for head in self._heads & {*self._found, *self._shown} if self._is_no_newer(head)}
        found = tuple(CommitId(name) for name in self._found if name not in later - self._shown)
        shown = tuple(CommitId(name) for name in sorted(self._shown & later))
        if len(found) + len(shown) > MOST_IDS:
            return Position(self.count)
        return Position(self.count, CommitId(self._last), found, shown)

    def _is_no_newer(self, name: str) -> bool:
        key = self._key_of(CommitId(name))
        return key is not None and key[0] >= self._age


def _short(commit_id: CommitId) -> str:
    return urlsafe_b64encode(bytes.fromhex(commit_id.hex)).decode("ascii").rstrip("=")


def _long(name: str) -> CommitId:
    try:
        raw = urlsafe_b64decode(name + "=" * (-len(name) % 4))
    except (binascii.Error, ValueError):
        raise _unreadable() from None
    if len(raw) not in (20, 32):
        raise _unreadable()
    return CommitId(raw.hex())


def _unreadable() -> Invalid:
    return Invalid("This address does not say where in the history to go on.", hint="Begin again with the newest commits.")
