"""Where names lead whose content is somewhere else: symbolic links, and repositories within repositories."""

from __future__ import annotations

import posixpath
from urllib.parse import quote, urlsplit

from kallithea.lib.vcs import ROOT, FilePath, TreeEntry
from kallithea.pages.urls import Urls

_AT_COMMIT = {"github.com": "tree", "gitlab.com": "-/tree", "codeberg.org": "src/commit", "bitbucket.org": "src"}
"""How sites that many know address the files of a commit."""
_HG_PREFIXES = ("[git]", "[hg]")


def link_url(urls: Urls, repository: str, revision: str, entry: TreeEntry) -> str | None:
    """What a symbolic link leads to, if that is inside the repository."""
    target = entry.target
    if not target or target.startswith("/") or "\ufffd" in target or "\0" in target:
        return None
    inside = posixpath.normpath(posixpath.join(entry.path.parent.raw, target.encode()))
    if inside == b".." or inside.startswith(b"../"):
        return None
    return urls.files(repository, revision, ROOT if inside == b"." else FilePath(inside))


def module_url(urls: Urls, repository: str, entry: TreeEntry) -> str | None:
    """Where a submodule or subrepository can be read on the web, at its commit where that is known; else None.

    What is beside this repository is taken for one of this site. Only http and https are followed, and no address that names
    a user: `https://well.known@elsewhere` is made to be misread.
    """
    target, commit = (entry.target or "").strip(), entry.id or ""
    for prefix in _HG_PREFIXES:
        target = target.removeprefix(prefix)
    if target.startswith("../"):
        place = posixpath.normpath(posixpath.join(f"/{repository}", target)).strip("/").removesuffix(".git")
        return urls.files(place, commit, ROOT) if place and commit else None
    try:
        parts = urlsplit(target)
        is_plain = parts.scheme in ("http", "https") and parts.hostname and "@" not in parts.netloc and target.isprintable()
    except ValueError:
        return None
    if not is_plain or "\\" in target:
        return None
    room = _AT_COMMIT.get(parts.hostname or "")
    if room and commit:
        return f"https://{parts.hostname}{quote(parts.path.rstrip('/').removesuffix('.git'), safe='/%')}/{room}/{quote(commit)}"
    return target
