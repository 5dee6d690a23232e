"""The changed files of a diff as a tree of folders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar


class Named(Protocol):
    @property
    def name(self) -> str: ...


F = TypeVar("F", bound=Named)


@dataclass(frozen=True, slots=True)
class Leaf:
    """A file by its name in its folder."""

    name: str
    file: Named


@dataclass(frozen=True, slots=True)
class Branch:
    """A folder; `name` has several steps where there is nothing else in the folders between."""

    name: str
    folders: tuple[Branch, ...]
    files: tuple[Leaf, ...]


DEEPEST = 12
"""Folders in folders that are shown as such; a path of 4,096 bytes may have 2,048 of them."""


def file_tree(files: Sequence[Named]) -> Branch:
    """The files in their folders, in the order in which they come; the root has no name."""
    return _branch("", [(tuple(file.name.split("/")), file) for file in files], DEEPEST)


def _branch(name: str, files: Sequence[tuple[tuple[str, ...], Named]], deepest: int) -> Branch:
    shared = _shared([steps for steps, _ in files]) if name else 0
    name = "/".join((name, *files[0][0][:shared])) if shared else name
    inside: dict[str, list[tuple[tuple[str, ...], Named]]] = {}
    here = []
    for steps, file in files:
        if len(steps) == shared + 1 or not deepest:
            here.append(Leaf("/".join(steps[shared:]), file))
        else:
            inside.setdefault(steps[shared], []).append((steps[shared + 1 :], file))
    folders = tuple(_branch(step, found, deepest - 1) for step, found in inside.items())
    return Branch(name=name, folders=folders, files=tuple(here))


def _shared(paths: Sequence[tuple[str, ...]]) -> int:
    """How many folders all the paths have in common."""
    first, most = paths[0], min(len(steps) for steps in paths) - 1
    return next((at for at in range(most) if any(steps[at] != first[at] for steps in paths)), most)
