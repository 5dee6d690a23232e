"""Paths inside a repository: bytes, as hg and git keep them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class FilePath:
    """A path inside a repository, relative to its root, `/` between the parts; `ROOT` is the empty one.

    hg and git keep names as bytes in no declared encoding, so `raw` is what identifies a file and `text` is for people.
    """

    raw: bytes

    @classmethod
    def from_text(cls, text: str) -> FilePath:
        """The path that a person or an address names; empty parts at the ends are dropped."""
        return cls(text.encode("utf-8", "surrogateescape").strip(b"/"))

    @property
    def text(self) -> str:
        """The path for people: UTF-8, what does not decode as U+FFFD."""
        return self.raw.decode("utf-8", "replace")

    @property
    def is_utf8(self) -> bool:
        """Whether `text` names this path exactly."""
        try:
            self.raw.decode("utf-8")
        except UnicodeDecodeError:
            return False
        return True

    @property
    def name(self) -> str:
        """The last part, for people."""
        return self.raw.rpartition(b"/")[2].decode("utf-8", "replace")

    @property
    def parent(self) -> FilePath:
        return FilePath(self.raw.rpartition(b"/")[0])

    @property
    def parts(self) -> tuple[FilePath, ...]:
        """Every folder on the way and the path itself: `a`, `a/b`, `a/b/c`; nothing for the root."""
        pieces = self.raw.split(b"/") if self.raw else []
        return tuple(FilePath(b"/".join(pieces[: i + 1])) for i in range(len(pieces)))

    def __truediv__(self, name: bytes) -> FilePath:
        return FilePath(self.raw + b"/" + name if self.raw else name)

    def __str__(self) -> str:
        return self.text


ROOT = FilePath(b"")


def last_part(path: FilePath) -> bytes:
    """The last part as it is stored."""
    return path.raw.rpartition(b"/")[2]
