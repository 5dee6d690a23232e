"""Finds the name that something had before a commit renamed it, as the commit itself says."""

from __future__ import annotations

from collections import Counter
from typing import Any

from kallithea.lib.vcs.hg.commits import NULL_REVISION, id_of
from kallithea.lib.vcs.paths import FilePath
from kallithea.lib.vcs.walks import Origin


def find_origin(repo: Any, number: int, path: FilePath) -> Origin | None:
    """The former name of a path that is new in a commit, and the parent that had it."""
    if not path.raw:
        return None
    context = repo[number]
    for parent, copies in ((context.p1(), context.p1copies()), (context.p2(), context.p2copies())):
        if parent.rev() == NULL_REVISION:
            continue
        source = copies.get(path.raw) or _folder(copies, path.raw)
        if source is not None:
            return Origin(FilePath(source), id_of(repo, parent.rev()))
    return None


def _folder(copies: dict[bytes, bytes], path: bytes) -> bytes | None:
    """Where most files of a folder came from, those that kept their place in it."""
    folders = Counter(
        old[: -len(new) + len(path)]
        for new, old in copies.items()
        if new.startswith(path + b"/") and old.endswith(new[len(path) :]) and len(old) > len(new) - len(path)
    )
    return folders.most_common(1)[0][0] if folders else None
