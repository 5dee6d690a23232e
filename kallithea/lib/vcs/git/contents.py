"""What is in files, by the ids of their contents: how large they are, and their bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from kallithea.lib.vcs.git.comparison import sizes_of
from kallithea.lib.vcs.git.folder import Folder
from kallithea.lib.vcs.git.object_pool import BLOB, Objects
from kallithea.lib.vcs.objects import Blob, EntryKind
from kallithea.lib.vcs.paths import FilePath

IN_PROCESS = 1 << 20
"""Bytes up to which a file's content is read here as a whole; larger ones are streamed from git."""
PIECE = 1 << 16
"""Bytes of a file that are handed out at once."""
SIZES_HERE = 100
"""Contents whose sizes are found in process; for more of them it pays to start a git."""


class Contents:
    """Those of one repository; `objects` gives what is in it now."""

    def __init__(self, folder: Folder, objects: Callable[[], Objects]) -> None:
        self._folder = folder
        self._objects = objects

    def sizes(self, blob_ids: Sequence[str]) -> dict[str, int]:
        """Bytes of each, asked for at once and remembered, as what an id names never changes. What is missing is not there."""
        memory = self._folder.sizes
        sizes = {blob_id: size for blob_id in blob_ids if (size := memory.get(blob_id)) is not None}
        unknown = [blob_id for blob_id in dict.fromkeys(blob_ids) if blob_id not in sizes]
        told = self._objects().sizes(unknown) if 0 < len(unknown) <= SIZES_HERE else {}
        if left := [blob_id for blob_id in unknown if blob_id not in told]:
            told |= sizes_of(self._folder.git, self._folder.path, left)
        for blob_id, size in told.items():
            memory.put(blob_id, size)
        return sizes | told

    def blob(self, path: FilePath, kind: EntryKind, blob_id: str, size: int) -> Blob:
        """A file with this content; nothing is read yet."""
        return Blob(path=path, kind=kind, size=size, id=blob_id, chunks=lambda: self._chunks(blob_id, size))

    def _chunks(self, blob_id: str, size: int) -> Iterator[bytes]:
        found = self._objects().read(blob_id) if size <= IN_PROCESS else None
        if found is not None:
            assert found[0] == BLOB
            for start in range(0, len(found[1]), PIECE):
                yield found[1][start : start + PIECE]
            return
        # Piece by piece, as git does for very large files otherwise; what it stored as a difference it has in memory.
        pieces = ("-c", f"core.bigFileThreshold={IN_PROCESS}")
        with self._folder.git.reading(self._folder.path, *pieces, "cat-file", "blob", blob_id) as stream:
            while chunk := stream.read(PIECE):
                yield chunk
