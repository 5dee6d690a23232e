"""The README of a folder: which file it is, and how it reads as a page part; where the links in documents lead."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import SplitResult, unquote_to_bytes, urlsplit

from markupsafe import Markup

from kallithea.lib.documents import is_document, render_document
from kallithea.lib.sanitizing import LinkResolver, anchor
from kallithea.lib.vcs import EntryKind, FilePath, TreeEntry
from kallithea.pages.parts import one_line
from kallithea.pages.urls import Urls

_NAMES = ("readme.md", "readme.markdown", "readme.mkd", "readme.rst", "readme.rest", "readme.txt", "readme")
_LINES = re.compile(r"L[0-9]+(-L?[0-9]+)?")
_FILES = (EntryKind.FILE, EntryKind.EXECUTABLE)


@dataclass(frozen=True, slots=True)
class ShownReadme:
    """A rendered README. It depends on the commit and the address of the repository only, so it can be kept."""

    name: str
    url: str
    html: Markup
    remark: str = ""


def find_readme(entries: Iterable[TreeEntry]) -> TreeEntry | None:
    """The entry of a folder that is its README, in any mix of capitals."""
    by_name = {entry.path.name.lower(): entry for entry in entries if entry.kind in _FILES}
    return next((by_name[name] for name in _NAMES if name in by_name), None)


def shown_readme(urls: Urls, repository: str, revision: str, path: FilePath, content: bytes) -> ShownReadme:
    """The README at `path`."""
    link, image = resolvers(urls, repository, revision, path)
    document = render_document(path.name, content, link=link, image=image)
    return ShownReadme(one_line(path.name), urls.files(repository, revision, path), document.html, document.remark)


def resolvers(urls: Urls, repository: str, revision: str, path: FilePath) -> tuple[LinkResolver, LinkResolver]:
    """Where the relative links and the images of a document lead: to files of the same revision, and to raw bytes."""

    def link(target: str) -> str:
        parts = _parts(target)
        inside = _inside(path, parts.path)
        if not parts.fragment:
            return urls.files(repository, revision, inside)
        is_lines = _LINES.fullmatch(parts.fragment) is not None
        name = anchor(parts.fragment) if is_document(inside.name) and not is_lines else parts.fragment
        return f"{urls.files(repository, revision, inside, source=is_lines)}#{name}"

    def image(target: str) -> str:
        return urls.raw(repository, revision, _inside(path, _parts(target).path))

    return link, image


def _parts(target: str) -> SplitResult:
    try:
        return urlsplit(target)
    except ValueError:  # what looks like a host and is none
        return SplitResult("", "", target, "", "")


def _inside(document: FilePath, target: str) -> FilePath:
    """The file that a relative target names, the document itself where it names none; what climbs out stays at the root."""
    if not target:
        return document
    base = b"/" + (b"" if target.startswith("/") else document.parent.raw)
    joined = posixpath.normpath(posixpath.join(base, unquote_to_bytes(target).lstrip(b"/")))
    return FilePath(joined.strip(b"/"))
