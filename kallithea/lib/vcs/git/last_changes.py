"""Finds the last commit of each entry of a folder in one walk, by handing entries down to the parents that have the same.

An entry is told by its bytes in the tree object: mode, name and id. It belongs to the first commit down the way at which no
parent has the same bytes, as for `git log -1 -- <entry>`; the real git leaves out the commits that do not matter.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from kallithea.lib.vcs.git.command import GitFailed
from kallithea.lib.vcs.git.folder import Folder
from kallithea.lib.vcs.git.object_pool import COMMIT, TREE, Objects
from kallithea.lib.vcs.git.parsing import find_in_tree, tree_of
from kallithea.lib.vcs.git.streams import OutOfTime, lines_until
from kallithea.lib.vcs.last_changes import ChangesMemory, LastChanges, Remembered
from kallithea.lib.vcs.objects import CommitId, EntryKind
from kallithea.lib.vcs.paths import ROOT, FilePath

LOOKED_AT = 300
"""Commits after which git is asked again, for fewer names."""
FEW_NAMES = 100
"""So many paths may be named to git, which compares each of them with each entry of each tree."""
KEPT_TREES = 8

Entries = frozenset[bytes]
NOTHING: Entries = frozenset()


def last_changes(
    folder: Folder,
    objects: Objects,
    memory: ChangesMemory,
    commit: CommitId,
    path: FilePath,
    names: Sequence[bytes],
    *,
    seconds: float,
) -> LastChanges:
    """The last commits of these names of the folder at `path`, as far as they can be found in so many seconds."""
    trees = _Trees(objects, path)
    named = {_name(entry): entry for entry in trees.entries(commit.hex)}
    wanted = frozenset(named[name] for name in names if name in named)
    recalled = memory.recall(folder.path, path)
    same = next((known for known in recalled if known.anchor == commit.hex), Remembered(commit.hex, {}))
    found = {entry: same.found[entry] for entry in wanted if entry in same.found}
    is_complete = True
    if len(found) < len(wanted):
        allowance = same.allowance(seconds)
        walk = _Walk(folder, trees, path, commit.hex, set(wanted - found.keys()), time.monotonic() + allowance)
        is_complete = walk.run(recalled)
        found.update(walk.found)
        memory.keep(folder.path, path, Remembered(commit.hex, {**same.found, **walk.found}, 0.0 if is_complete else allowance))
    return LastChanges({_name(entry): CommitId(found[entry]) for entry in wanted if entry in found}, is_complete)


class _Trees:
    """The entries of one folder at any commit."""

    def __init__(self, objects: Objects, path: FilePath) -> None:
        self._objects = objects
        self._steps = [step.raw.rpartition(b"/")[2] for step in path.parts]
        self._kept: dict[str, Entries] = {}

    def entries(self, commit: str) -> Entries:
        """The entries as raw bytes; none where the folder is missing."""
        tree = self._tree(commit)
        if tree is None:
            return NOTHING
        if tree not in self._kept:
            if len(self._kept) >= KEPT_TREES:
                del self._kept[next(iter(self._kept))]
            found = self._objects.read(tree)
            pattern = _entry_pattern(len(tree) // 2)
            self._kept[tree] = frozenset(pattern.findall(found[1])) if found and found[0] == TREE else NOTHING
        return self._kept[tree]

    def _tree(self, commit: str) -> str | None:
        found = self._objects.read(commit)
        if found is None or found[0] != COMMIT:
            return None
        tree = tree_of(found[1])
        for step in self._steps:
            content = self._objects.read(tree)
            inside = find_in_tree(content[1], len(tree) // 2, step) if content else None
            if inside is None or inside.kind is not EntryKind.FOLDER:
                return None
            tree = inside.id
        return tree


@dataclass
class _Walk:
    """One search: from a commit down, entries in hand."""

    folder: Folder
    trees: _Trees
    path: FilePath
    start: str
    wanted: set[bytes]
    until: float
    found: dict[bytes, str] = field(default_factory=dict)

    def run(self, recalled: Sequence[Remembered]) -> bool:
        """Find what is wanted; whether there was time for all of it."""
        try:
            self._down_to_what_is_known(recalled)
            names: Sequence[bytes] | None = None
            while self.wanted:
                narrow = self._round(names)
                if not narrow:
                    break
                names = sorted(_name(entry) for entry in self.wanted)
        except (OutOfTime, GitFailed):  # a history with holes has no last commits, but its files can be read
            return False
        return True

    def _down_to_what_is_known(self, recalled: Sequence[Remembered]) -> None:
        """Walk the commits that are new since an answer that is remembered, and take over the rest of it."""
        known = next((one for one in recalled if one.anchor != self.start and self._is_ancestor(one.anchor)), None)
        if known is None:
            return
        round_ = _Round(self, known)
        is_first = True
        for commit, *parents in self._commits(None, known.anchor):
            round_.look_at(commit, parents, set(self.wanted) if is_first else set())
            is_first = False
        if is_first:  # nothing touched the folder since
            round_.take_over(set(self.wanted) & self.trees.entries(known.anchor))

    def _round(self, names: Sequence[bytes] | None) -> bool:
        """Walk from the start, by the commits that touched these names (None: the folder); whether fewer names would help."""
        round_ = _Round(self, None)
        at_first = len(self.wanted)
        with suppress(_Enough):
            for number, (commit, *parents) in enumerate(self._commits(names, None)):
                round_.look_at(commit, parents, set(self.wanted) if number == 0 else set())
                if not self.wanted:
                    raise _Enough
                if number and number % LOOKED_AT == 0 and self._is_worth_narrowing(names, at_first):
                    raise _Enough
            return False
        return bool(self.wanted)

    def _is_worth_narrowing(self, names: Sequence[bytes] | None, at_first: int) -> bool:
        if len(self.wanted) > FEW_NAMES:
            return False
        return names is None or len(self.wanted) * 2 <= at_first

    def _is_ancestor(self, commit: str) -> bool:
        if self.trees.entries(commit) is NOTHING:
            return False
        return not self.folder.git.run(self.folder.path, "rev-list", "--max-count=1", commit, f"^{self.start}", "--")

    def _commits(self, names: Sequence[bytes] | None, excluding: str | None) -> Iterator[list[str]]:
        """Commits with their parents, only those that matter for the names in between: the first stands for the start."""
        paths = [self.path / name for name in names] if names is not None else [self.path] if self.path != ROOT else []
        arguments = ["rev-list", "--parents", self.start, *([f"^{excluding}"] if excluding else []), "--"]
        arguments += [path.raw.decode("utf-8", "surrogateescape") for path in paths]
        with self.folder.git.reading(self.folder.path, *arguments) as stream:
            for line in lines_until(stream, self.until):
                yield line.decode("ascii").split()


class _Enough(Exception):
    """The rest of the walk is not needed; leaving by an exception ends git."""


@dataclass
class _Round:
    """Hands entries from commits to parents, in whatever order they come."""

    walk: _Walk
    known: Remembered | None
    waiting: dict[str, set[bytes]] = field(default_factory=dict)
    seen: dict[str, list[str]] = field(default_factory=dict)

    def look_at(self, commit: str, parents: list[str], brought: set[bytes]) -> None:
        """A commit comes along; `brought` are the entries it begins with."""
        self.seen[commit] = parents
        if brought:
            self.waiting.setdefault(commit, set()).update(brought)
        ready = [commit]
        while ready:
            at = ready.pop()
            entries = self.waiting.pop(at, None)
            if not entries:
                continue
            for parent in self.seen[at]:
                same = entries & self.walk.trees.entries(parent)
                if same:
                    entries -= same
                    if self._hand_to(parent, same):
                        ready.append(parent)
            for entry in entries & self.walk.wanted:
                self._find(entry, at)

    def take_over(self, entries: set[bytes]) -> None:
        """Entries that arrived at the commit of which the answer is known."""
        assert self.known is not None
        for entry in entries:
            if entry in self.known.found:
                self._find(entry, self.known.found[entry])

    def _hand_to(self, parent: str, entries: set[bytes]) -> bool:
        """Whether the parent came along before, as it does where clocks went wrong."""
        if self.known is not None and parent == self.known.anchor:
            self.take_over(entries)
            return False
        self.waiting.setdefault(parent, set()).update(entries)
        return parent in self.seen

    def _find(self, entry: bytes, commit: str) -> None:
        self.walk.found[entry] = commit
        self.walk.wanted.discard(entry)


def _entry_pattern(id_length: int) -> re.Pattern[bytes]:
    return re.compile(rb"[0-7]+ [^\0]+\0.{%d}" % id_length, re.DOTALL)


def _name(entry: bytes) -> bytes:
    return entry[entry.index(b" ") + 1 : entry.index(b"\0")]
