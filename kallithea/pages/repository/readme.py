"""The README of a folder: which file it is, and how it reads as a page part."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes, urlsplit

from markupsafe import Markup

from kallithea.lib.markup import render_readme
from kallithea.lib.vcs import EntryKind, FilePath, TreeEntry
from kallithea.pages.parts import one_line
from kallithea.pages.urls import Urls

_NAMES = ("readme.md", "readme.markdown", "readme.rst", "readme.txt", "readme")
_FILES = (EntryKind.FILE, EntryKind.EXECUTABLE)


@dataclass(frozen=True, slots=True)
class ShownReadme:
    """A rendered README. It depends on the commit and the address of the repository only, so it can be kept."""

    name: str
    url: str
    html: Markup


def find_readme(entries: Iterable[TreeEntry]) -> TreeEntry | None:
    """The entry of a folder that is its README, in any mix of capitals."""
    by_name = {entry.path.name.lower(): entry for entry in entries if entry.kind in _FILES}
    return next((by_name[name] for name in _NAMES if name in by_name), None)


def shown_readme(urls: Urls, repository: str, revision: str, path: FilePath, content: bytes) -> ShownReadme:
    """The README at `path`; its relative links lead to files of the same revision, its images to their raw bytes."""
    folder = path.parent

    def resolve(target: str, *, raw: bool) -> str:
        parts = urlsplit(target)
        inside = _inside(folder, parts.path)
        address = urls.raw(repository, revision, inside) if raw else urls.files(repository, revision, inside)
        return f"{address}#{parts.fragment}" if parts.fragment else address

    return ShownReadme(
        name=one_line(path.name),
        url=urls.files(repository, revision, path),
        html=render_readme(
            path.name,
            content,
            link=lambda target: resolve(target, raw=False),
            image=lambda target: resolve(target, raw=True),
        ),
    )


def _inside(folder: FilePath, target: str) -> FilePath:
    """The file that a relative target names; one that climbs out of the repository stays at its root."""
    base = b"/" + (b"" if target.startswith("/") else folder.raw)
    joined = posixpath.normpath(posixpath.join(base, unquote_to_bytes(target).lstrip(b"/")))
    return FilePath(joined.strip(b"/"))
