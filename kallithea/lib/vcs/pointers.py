"""Files that only say where their content is: Git LFS pointers, and the stand-ins of Mercurial's largefiles."""

from __future__ import annotations

import re
from dataclasses import dataclass

from kallithea.lib.vcs.paths import FilePath

ATTRIBUTES = b".gitattributes"
TRACKED = b"filter=lfs"
"""What a .gitattributes has where files are kept in Git LFS."""
POINTER_BYTES = 1024
"""A pointer is shorter (git-lfs, docs/spec.md)."""
STANDINS = b".hglf/"
STANDIN_BYTES = 41

_VERSION = re.compile(rb"version https://(?:git-lfs\.github\.com/spec/v1|hawser\.github\.com/spec/v1)\n")
_OID = re.compile(rb"^oid sha256:([0-9a-f]{64})$", re.MULTILINE)
_SIZE = re.compile(rb"^size ([0-9]{1,18})$", re.MULTILINE)
_STANDIN = re.compile(rb"[0-9a-f]{40}\n?")


@dataclass(frozen=True, slots=True)
class Pointer:
    """Where a content is: `keeper` is what the programs call it, `id` its hash, `size` its bytes where the pointer says so."""

    keeper: str
    id: str
    size: int | None = None


def pointer_in(path: FilePath, content: bytes) -> Pointer | None:
    """The pointer that a file of this content is, or None."""
    if len(content) >= POINTER_BYTES:
        return None
    if path.raw.startswith(STANDINS) and _STANDIN.fullmatch(content):
        return Pointer("largefiles", content[:40].decode("ascii"))
    if not _VERSION.match(content):
        return None
    oid, size = _OID.search(content), _SIZE.search(content)
    return Pointer("Git LFS", oid[1].decode("ascii"), int(size[1])) if oid and size else None
