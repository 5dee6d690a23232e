"""Finds the name that something had before a commit renamed it; git keeps none, but sees it by the contents."""

from __future__ import annotations

from collections import Counter

from kallithea.lib.vcs.git.folder import Folder
from kallithea.lib.vcs.objects import Commit
from kallithea.lib.vcs.paths import FilePath
from kallithea.lib.vcs.walks import Origin

MOST_FILES = 1000
"""New and removed files of one commit that are compared with each other (git-diff-tree(1), -l); the work grows as a square."""


def find_origin(folder: Folder, commit: Commit, path: FilePath) -> Origin | None:
    """The former name of a path that is new in a commit, as against its first parent."""
    if not commit.parents or not path.raw:
        return None
    parent = commit.parents[0]
    arguments = ("diff-tree", "-r", "-z", "--name-status", "-M", f"-l{MOST_FILES}", "--diff-filter=RC")
    fields = folder.git.run(folder.path, *arguments, parent.hex, commit.id.hex).split(b"\0")
    renamed = {new: old for _, old, new in zip(fields[0::3], fields[1::3], fields[2::3], strict=False)}
    if path.raw in renamed:
        return Origin(FilePath(renamed[path.raw]), parent)
    inside = path.raw + b"/"
    # A folder came from where most of its files came from, those that kept their place in it.
    folders = Counter(
        old[: -len(new) + len(path.raw)]
        for new, old in renamed.items()
        if new.startswith(inside) and old.endswith(new[len(path.raw) :]) and len(old) > len(new) - len(path.raw)
    )
    return Origin(FilePath(folders.most_common(1)[0][0]), parent) if folders else None
