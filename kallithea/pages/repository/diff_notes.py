"""What is said of a changed file beside its lines: in words, and in pictures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from kallithea.lib.pixel_sizes import PixelSize
from kallithea.lib.vcs import COMPARED_BYTES, Change, CommitId, FileDiff, FilePath
from kallithea.pages.parts import size_text
from kallithea.pages.urls import Urls
from kallithea.services.surroundings import PixelSizes, is_picture

_MODES = {"100644": "a plain file", "100755": "executable", "120000": "a symbolic link", "160000": "a submodule"}


@dataclass(frozen=True, slots=True)
class ShownImage:
    """`caption` says which side it is, and how large in pixels and bytes where that is known."""

    url: str
    alt: str
    caption: str


@dataclass(frozen=True, slots=True)
class ShownImages:
    """A picture before and after; None where there was or is none."""

    old: ShownImage | None
    new: ShownImage | None


class OneSide(Protocol):
    @property
    def repository(self) -> str: ...
    @property
    def commit(self) -> CommitId: ...


class BothSides(Protocol):
    @property
    def old(self) -> OneSide | None: ...
    @property
    def new(self) -> OneSide: ...


def shown_images(urls: Urls, sides: BothSides, file: FileDiff, pixels: PixelSizes | None = None) -> ShownImages | None:
    """The pictures of a changed file, if it is one and its content changed."""
    if not is_picture(file):
        return None
    old = new = None
    if file.change is not Change.ADDED and sides.old is not None:
        old = _image(urls, sides.old, file.old_path, "Before", pixels.old if pixels else None, file.old_size)
    if file.change is not Change.REMOVED:
        new = _image(urls, sides.new, file.new_path, "After", pixels.new if pixels else None, file.new_size)
    return ShownImages(old, new)


def _image(urls: Urls, side: OneSide, path: FilePath, when: str, pixels: PixelSize | None, size: int | None) -> ShownImage:
    told = [
        *([f"{pixels.width:,} × {pixels.height:,} pixels"] if pixels else []),
        *([size_text(size)] if size is not None else []),
    ]
    caption = f"{when}: {', '.join(told)}" if told else when
    return ShownImage(urls.raw(side.repository, side.commit.hex, path), f"The picture {when.lower()} the change", caption)


def notes(file: FileDiff) -> tuple[str, ...]:
    """Sentences on what the lines of a file cannot say."""
    found = [*_on_content(file), *_on_modes(file)]
    if not (file.hunks or found):
        if file.change in (Change.RENAMED, Change.COPIED):
            found.append("The content is the same.")
        else:
            found.append("An empty file." if file.change is not Change.MODIFIED else "No line has changed.")
    return tuple(found)


def _on_content(file: FileDiff) -> list[str]:
    if file.is_binary:
        if max(file.old_size or 0, file.new_size or 0) > COMPARED_BYTES:
            return [f"This file is too large to compare: {_sizes(file)}."]
        return [f"This is a binary file{': ' if _sizes(file) else ''}{_sizes(file)}. Its bytes are not compared here."]
    if file.only_blanks or _changes_only_blanks(file):
        return ["Only blanks changed."]
    if file.is_cut:
        return ["There are very many changes in this file." if file.hunks else "The changes of this file are left out here."]
    return []


def _sizes(file: FileDiff) -> str:
    before, after = (None if size is None else size_text(size) for size in (file.old_size, file.new_size))
    if before and after:
        return before if before == after else f"{before} before, {after} now"
    return before or after or ""


def _on_modes(file: FileDiff) -> list[str]:
    if file.old_mode and file.new_mode and file.old_mode != file.new_mode:
        before, after = (_MODES.get(mode, mode) for mode in (file.old_mode, file.new_mode))
        return [f"Was {before}, is now {after}."]
    mode = file.new_mode or file.old_mode
    if mode in ("120000", "160000") or (mode == "100755" and file.change is Change.ADDED):
        words = {Change.ADDED: "New: {}.", Change.REMOVED: "Was {}."}.get(file.change, "This is {}.")
        return [words.format(_MODES[mode])]
    return []


def _changes_only_blanks(file: FileDiff) -> bool:
    """Whether each side says the same but for blanks, and for how it is broken into lines."""
    if file.change in (Change.ADDED, Change.REMOVED) or file.is_cut or not file.hunks:
        return False
    lines = [line for hunk in file.hunks for line in hunk.lines]
    old = (line.content for line in lines if line.new_number is None)
    new = (line.content for line in lines if line.old_number is None)
    return b"".join(b"".join(old).split()) == b"".join(b"".join(new).split())
