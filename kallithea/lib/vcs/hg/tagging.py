"""Who gave a tag: the commit that wrote it into the file in which hg keeps tags."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from weakref import WeakKeyDictionary

from kallithea.lib.vcs.hg.commits import commit_at
from kallithea.lib.vcs.objects import TagNote

TAGS_FILE = b".hgtags"
MOST_BYTES = 200 << 20
"""Bytes of all versions of the file that are read; of tags that were given before nobody says who did."""

_writers: WeakKeyDictionary[Any, dict[bytes, int]] = WeakKeyDictionary()
"""By opened repository, which is opened anew when anything changes."""


def read_tag_notes(repo: Any, names: Sequence[str]) -> dict[str, TagNote]:
    """By name: who wrote the line that is in force, and what the commit says."""
    written = _writers.get(repo)
    if written is None:
        written = _read_writers(repo)
        _writers[repo] = written
    found = {}
    for name in names:
        raw = name.encode("utf-8", "surrogateescape")
        node = repo.tags().get(raw)
        number = written.get(node.hex().encode("ascii") + b" " + raw) if node else None
        if number is not None:
            commit = commit_at(repo, number)
            found[name] = TagNote(commit.author, commit.message.strip())
    return found


def _read_writers(repo: Any) -> dict[bytes, int]:
    """By line of the file: the last visible commit that wrote it."""
    log = repo.file(TAGS_FILE)
    hidden = repo.changelog.filteredrevs
    found: dict[bytes, int] = {}
    size = 0
    for revision in reversed(range(len(log))):
        size += log.size(revision)
        if size > MOST_BYTES:
            break
        number = log.linkrev(revision)
        if number in hidden:
            continue
        lines = set(log.read(log.node(revision)).splitlines())
        before: set[bytes] = set()
        for parent in log.parents(log.node(revision)):
            if parent != repo.nullid:
                before.update(log.read(parent).splitlines())
        for line in lines - before:
            found.setdefault(line.strip(), number)
    return found
