"""What is read beside a diff: whole files, so that lines have the colours that they have there, and sizes of pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from kallithea.lib.highlight import language_of_name
from kallithea.lib.images import named_type
from kallithea.lib.pixel_sizes import HEAD_BYTES, PixelSize, pixel_size
from kallithea.lib.vcs import COMPARED_BYTES, PART_FILES, Blob, Change, CommitId, Diff, DiffOptions, FileDiff, FilePath, Reader

WHOLE_BYTES = 100_000
"""Bytes of a file that is read whole: behind these, reading it for its colours takes longer than the rest of the page."""
WHOLE_FILES = 20
PICTURES = 20
"""Pictures of a page whose pixels are told."""
PLAIN = frozenset(("100644", "100755"))


@dataclass(frozen=True, slots=True)
class PixelSizes:
    """Those of a picture before and after; None where there is none, or where nothing tells it."""

    old: PixelSize | None
    new: PixelSize | None


@dataclass(frozen=True, slots=True)
class Surroundings:
    """By the new path of changed files: the whole new content of texts, and the pixels of pictures; for some of them."""

    texts: Mapping[FilePath, bytes] = field(default_factory=dict)
    pixels: Mapping[FilePath, PixelSizes] = field(default_factory=dict)


NO_SURROUNDINGS = Surroundings()


@dataclass(frozen=True, slots=True)
class Version:
    """A commit, and who reads its files."""

    reader: Reader
    commit: CommitId

    def blobs(self, paths: Sequence[FilePath]) -> Mapping[FilePath, Blob]:
        return self.reader.blobs(self.commit, paths) if paths else {}


def read_surroundings(diff: Diff, options: DiffOptions, old: Version | None, new: Version) -> Surroundings:
    """What is worth reading for the files of this diff that are shown; nothing costs nothing."""
    shown = diff.files if options.path is not None else diff.files[options.first : options.first + PART_FILES]
    texts = [file.new_path for file in shown if _begins_within(file)][:WHOLE_FILES]
    pictures = [file for file in shown if is_picture(file)][:PICTURES]
    if not texts and not pictures:
        return NO_SURROUNDINGS
    before = [file.old_path for file in pictures if file.change is not Change.ADDED]
    after = [file.new_path for file in pictures if file.change is not Change.REMOVED]
    olds = old.blobs(before) if old else {}
    news = new.blobs([*texts, *after])
    return Surroundings(
        texts={path: news[path].read(WHOLE_BYTES) for path in texts if path in news and news[path].size <= WHOLE_BYTES},
        pixels={
            file.new_path: PixelSizes(
                None if file.change is Change.ADDED else _pixels(olds.get(file.old_path)),
                None if file.change is Change.REMOVED else _pixels(news.get(file.new_path)),
            )
            for file in pictures
        },
    )


def is_picture(file: FileDiff) -> bool:
    """Whether a file is a picture on both sides, and its content changed."""
    names = file.old_path.name, file.new_path.name
    is_changed = file.is_binary or bool(file.hunks)
    return is_changed and all(map(named_type, names)) and {file.old_mode, file.new_mode} <= {None, *PLAIN}


def _begins_within(file: FileDiff) -> bool:
    """Whether some of its lines are shown without all that is above them, and have colours."""
    has_lines_above = any(hunk.new_start > 1 for hunk in file.hunks) and file.change is not Change.REMOVED
    return has_lines_above and file.new_mode in PLAIN and language_of_name(file.new_path.name) is not None


def _pixels(blob: Blob | None) -> PixelSize | None:
    if blob is None or blob.size > COMPARED_BYTES:
        return None
    return pixel_size(blob.read(HEAD_BYTES))
