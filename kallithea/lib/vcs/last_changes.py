"""The last commit of each name in a folder, and what is remembered of it from one push to the next."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from kallithea.lib.disk_cache import DiskCache
from kallithea.lib.vcs.objects import CommitId
from kallithea.lib.vcs.paths import FilePath

ANCHORS = 4
"""Commits per folder whose answers are remembered: the heads of the branches that are looked at."""
MOST_BYTES = 64 * 1024 * 1024
LONGEST = 30.0
"""Seconds that a walk takes at most, however often it is asked for."""


@dataclass(frozen=True, slots=True)
class LastChanges:
    """By name: the last commit that changed it, always an ancestor of the commit asked about.

    With `is_complete` False there was no time for the names that are missing; asking again takes up where this ended and gets
    twice the time.
    """

    commits: Mapping[bytes, CommitId]
    is_complete: bool


@dataclass(frozen=True, slots=True)
class Remembered:
    """What was found for a folder as seen from a commit. `found` has the id of a commit for each key, which is up to the kind;
    `seconds` is how long the last walk was allowed to take, 0 when it came to its end."""

    anchor: str
    found: Mapping[bytes, str]
    seconds: float = 0.0

    def allowance(self, seconds: float) -> float:
        """How long the next walk may take."""
        return min(LONGEST, max(seconds, 2 * self.seconds))


class ChangesMemory:
    """Remembers on disk, for all repositories of a kind. What is lost is only found again."""

    def __init__(self, folder: Path) -> None:
        self._files = DiskCache(folder, MOST_BYTES)

    def recall(self, repository: Path, path: FilePath) -> tuple[Remembered, ...]:
        """What is known about a folder, the latest first."""
        file = self._files.open(_key(repository, path))
        if file is None:
            return ()
        with file:
            try:
                return tuple(
                    Remembered(anchor, {bytes.fromhex(key): commit for key, commit in found.items()}, seconds)
                    for anchor, found, seconds in json.load(file)
                )
            except ValueError:  # a disk that was full, or the format of another release
                return ()

    def keep(self, repository: Path, path: FilePath, latest: Remembered) -> None:
        """Remember an answer in front of the others for the folder."""
        others = [known for known in self.recall(repository, path) if known.anchor != latest.anchor]
        kept = [
            [known.anchor, {key.hex(): commit for key, commit in known.found.items()}, known.seconds]
            for known in [latest, *others][:ANCHORS]
        ]
        with self._files.writing(_key(repository, path)) as file:
            file.write(json.dumps(kept, separators=(",", ":")).encode("ascii"))


def _key(repository: Path, path: FilePath) -> str:
    return f"{repository}\0{path.raw.hex()}"
