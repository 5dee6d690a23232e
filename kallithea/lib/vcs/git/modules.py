"""Where submodules come from: the file .gitmodules."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace

from dulwich.config import ConfigFile, parse_submodules

from kallithea.lib.vcs.errors import PathNotFound
from kallithea.lib.vcs.objects import Blob, EntryKind, TreeEntry
from kallithea.lib.vcs.paths import FilePath

MODULES = FilePath(b".gitmodules")
MODULES_BYTES = 200_000


def with_sources(entries: tuple[TreeEntry, ...], blob: Callable[[FilePath], Blob]) -> tuple[TreeEntry, ...]:
    """The entries; submodules with the address that the commit's .gitmodules gives them. `blob` reads a file of the commit."""
    if all(entry.kind is not EntryKind.SUBMODULE for entry in entries):
        return entries
    try:
        sources = _sources(blob(MODULES).read(MODULES_BYTES))
    except PathNotFound:
        return entries
    return tuple(
        replace(entry, target=sources.get(entry.path.raw)) if entry.kind is EntryKind.SUBMODULE else entry for entry in entries
    )


def _sources(text: bytes) -> dict[bytes, str]:
    """Address by path; nothing where git could not read the file either."""
    try:
        # What it includes is not followed: that would be a file of the server.
        found = ConfigFile.from_file(io.BytesIO(text), expand_includes=False)
        return {path.strip(b"/"): url.decode("utf-8", "replace") for path, url, _ in parse_submodules(found)}
    except ValueError:
        return {}
