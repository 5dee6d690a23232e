"""Finds the children of a commit: a walk over all that came after it, as git keeps parents only."""

from __future__ import annotations

import time

from kallithea.lib.vcs.git.folder import Folder
from kallithea.lib.vcs.git.streams import OutOfTime, lines_until
from kallithea.lib.vcs.objects import CommitId
from kallithea.lib.vcs.walks import MOST_CHILDREN, Children


def find_children(folder: Folder, commit_id: CommitId, *, seconds: float) -> Children:
    """The commits below any ref that have this one as a parent, as many as are found in about so many seconds."""
    wanted, found = commit_id.hex.encode("ascii"), list[CommitId]()
    until = time.monotonic() + seconds
    with folder.git.reading(folder.path, "rev-list", "--all", "--parents", f"^{commit_id.hex}", "--") as lines:
        try:
            for line in lines_until(lines, until):
                child, *parents = line.split()
                if wanted in parents:
                    if len(found) == MOST_CHILDREN:
                        raise OutOfTime
                    found.append(CommitId(child.decode("ascii")))
        except OutOfTime:
            return Children(tuple(found), is_complete=False)
    return Children(tuple(found))
