"""How much there is in a folder that somebody is writing to."""

from __future__ import annotations

import os
from pathlib import Path
from time import monotonic


def bytes_below(folder: Path, *, seconds: float) -> int:
    """The lengths of all files below a folder, whatever else shares them; what comes and goes meanwhile is no error. Ends after
    about so many seconds, with what was found until then."""
    until, found, ahead = monotonic() + seconds, 0, [os.fspath(folder)]
    while ahead and monotonic() < until:
        try:
            with os.scandir(ahead.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        ahead.append(entry.path)
                    else:
                        found += _length(entry)
        except OSError:
            continue
    return found


def _length(entry: os.DirEntry[str]) -> int:
    try:
        return entry.stat(follow_symlinks=False).st_size
    except OSError:
        return 0
