"""Freezes a git repository: everything in it as it is, for who holds its writer lock, so that no ref moves meanwhile.

Files of objects never change once they have their name (see `copying.py`), so they are linked. Maintenance goes on beside: it
writes packs and removes those that they replace, so the folder of packs is looked at until nothing new is in it.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from kallithea.lib.vcs.errors import RepositoryMissing
from kallithea.lib.vcs.freezing import freeze_folder
from kallithea.lib.vcs.git.server import clear_leftovers

OBJECT = re.compile(r"objects/(?:[0-9a-f]{2}/[0-9a-f]{38,62}|pack/pack-[0-9a-f]+\.[a-z]+)|lfs/objects/.*")
# Locks, what is only of this moment, what git writes anew when it likes to, and what would name packs that are gone.
LEFT_OUT = re.compile(
    r"kallithea(?:-maintenance)?\.lock|.*\.lock|gc\.pid|hooks|kallithea-deleted\.json"
    r"|objects/(?:tmp_.*|incoming-.*|[0-9a-f]{2}/tmp_.*|info/commit-graphs?|pack/(?:multi-pack-index.*|\.tmp-.*|tmp_.*))"
)
PACKS = "objects/pack"
LOOKS = 20


def freeze_repository(source: Path, target: Path) -> None:
    """Make `target` like the repository in `source`. Raises RepositoryMissing."""
    clear_leftovers(source)
    freeze_folder(source, target, leaves_out=_is_left_out, never_changes=_is_object)
    for _ in range(LOOKS):
        before = _packs(source)
        freeze_folder(source / PACKS, target / PACKS, leaves_out=_is_left_out, never_changes=_is_object, inner=f"{PACKS}/")
        if _packs(source) == before and before <= _packs(target):
            break
    _drop_halves(target / PACKS)
    if not (target / "HEAD").is_file():
        raise RepositoryMissing("The repository is not on the disk of the server.")


def _packs(folder: Path) -> set[str]:
    return {name for name in os.listdir(folder / PACKS) if name.endswith((".pack", ".idx"))}  # noqa: PTH208 - names are all


def _drop_halves(packs: Path) -> None:
    """Remove what is left of packs that went while they were linked: their objects are in those that came."""
    whole = {path.stem for path in packs.glob("*.idx")} & {path.stem for path in packs.glob("*.pack")}
    for path in packs.glob("pack-*"):
        if path.stem not in whole:
            path.unlink()


def _is_object(name: str) -> bool:
    return OBJECT.fullmatch(name) is not None


def _is_left_out(name: str) -> bool:
    return LEFT_OUT.fullmatch(name) is not None
