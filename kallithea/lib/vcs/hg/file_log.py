"""The history of one file from its own log, which costs as much as the file changed and not as the repository did."""

from __future__ import annotations

from typing import Any

from kallithea.lib.vcs.hg.commits import NULL_REVISION
from kallithea.lib.vcs.hg.walking import ancestors_from, covers_all, names_path, reachable
from kallithea.lib.vcs.paths import FilePath


def numbers_of_file(repo: Any, path: FilePath, start: int) -> list[int] | None:
    """The commits up to `start` that changed a file, the highest number first; None for a folder, or what never was a file.

    A file's log names only the first of several commits that made the same content, and does not know removals. So commits are
    looked through where the log says that there was one: below a text that begins anew, and above the last one if the file is
    not there any more. Of parallel commits that made the same content the first one is named, as `hg log` does.
    """
    try:
        file_log = repo.file(path.raw)
    except ValueError:  # longer than any name that Mercurial stores (mercurial/cext/pathencode.c): no commit has it
        return []
    if not len(file_log):
        return None
    log = repo.changelog
    links = {revision: file_log.linkrev(revision) for revision in file_log}
    visible = [number for number in links.values() if number <= start and number not in log.filteredrevs]
    found = set(visible) if covers_all(repo, [start]) else reachable(log, [start], visible)
    found |= _made_elsewhere(repo, file_log, links, found, path, start)
    for upper, lower in _gaps(repo, file_log, links, found, path, start):
        found.update(_touching_between(repo, start, upper, lower, path))
    return sorted(found, reverse=True)


def _made_elsewhere(repo: Any, file_log: Any, links: dict[int, int], found: set[int], path: FilePath, start: int) -> set[int]:
    """Texts of this history that a commit outside of it had first (mercurial/context.py: _adjustlinkrev)."""
    context = repo[start]
    if path.raw not in context:
        return set()
    wanted = [file_log.rev(context[path.raw].filenode())]
    seen, others = set(wanted), set()
    while wanted:
        revision = wanted.pop()
        if links[revision] not in found:
            file = repo.filectx(path.raw, fileid=file_log.node(revision), changeid=start)
            others.add(file.introrev())
        for parent in file_log.parentrevs(revision):
            if parent != NULL_REVISION and parent not in seen:
                seen.add(parent)
                wanted.append(parent)
    return {number for number in others if number <= start}


def _gaps(
    repo: Any, file_log: Any, links: dict[int, int], found: set[int], path: FilePath, start: int
) -> list[tuple[int, int]]:
    """Where the file was removed: between each of these numbers, both of them not included."""
    known = sorted(found)
    gaps = []
    if path.raw not in repo[start]:
        gaps.append((start + 1, known[-1] if known else -1))
    for revision, number in links.items():
        begins_anew = file_log.parentrevs(revision) == (NULL_REVISION, NULL_REVISION)
        before = [other for other in known if other < number]
        if number in found and begins_anew and before:
            gaps.append((number, before[-1]))
    return gaps


def _touching_between(repo: Any, start: int, upper: int, lower: int, path: FilePath) -> set[int]:
    found = set()
    for number in ancestors_from(repo, [start], upper - 1):
        if number <= lower:
            break
        if names_path(repo.changelog, number, path.raw):
            found.add(number)
    return found
