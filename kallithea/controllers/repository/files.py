"""Folders and files at a revision, and their bytes."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from webob import Response

from kallithea.controllers.exposing import page
from kallithea.controllers.kept import Lasting
from kallithea.controllers.repository.place import RepositoryPlace
from kallithea.controllers.repository.raw import raw_response
from kallithea.lib.access import Access
from kallithea.lib.errors import Invalid, NotFound
from kallithea.lib.vcs import EntryKind, FilePath
from kallithea.pages.repository.annotate import AnnotatePage, annotate_page
from kallithea.pages.repository.file import FilePage, file_page
from kallithea.pages.repository.folder import FolderPage, folder_page
from kallithea.pages.repository.laid_out import read_limit
from kallithea.pages.repository.readme import ShownReadme, find_readme, shown_readme
from kallithea.pages.repository.revisions import shown_revision
from kallithea.services.files import ENTRIES_SHOWN, README_LIMIT, ShownPlace


@dataclass(frozen=True, slots=True)
class RawPathQuery:
    """`raw_path` has the bytes of a path in hexadecimal where they are no UTF-8."""

    raw_path: str = ""


@dataclass(frozen=True, slots=True)
class FilesQuery(RawPathQuery):
    """`page` counts the pages of a large folder; `source` asks for the lines of a file that could be shown laid out."""

    page: int = 1
    source: bool = False


def path_of(parts: Sequence[str], query: RawPathQuery) -> FilePath:
    """The path that an address names. Raises Invalid."""
    return given_raw(query) or FilePath.from_text("/".join(parts))


def given_raw(query: RawPathQuery) -> FilePath | None:
    """The path given as bytes, if it was. Raises Invalid."""
    if not query.raw_path:
        return None
    try:
        raw = bytes.fromhex(query.raw_path)
    except ValueError:
        raise Invalid("raw_path is not hexadecimal.") from None
    # Neither hg nor git has such a name, and their commands would take some of them for paths outside of the repository.
    if b"\0" in raw or {b"", b".", b".."} & {*raw.split(b"/")}:
        raise Invalid("raw_path is no path in a repository.")
    return FilePath(raw)


class FilePages(RepositoryPlace):
    @page(requires=Access.READ, remembered=True, reads=[FilesQuery])
    def files(self, *parts: str) -> FolderPage | Lasting | FilePage | Response:
        if parts in ((), ("tip",)) and self.scope.files.is_empty(self.grant):
            # The summary says how to make the first push.
            return self.visit.redirect(self.visit.urls.repository(self.grant.target.path))
        query = self.query(FilesQuery)
        number = query.page
        place = self._place(parts, page=number)
        if number > 1 and not place.shown:
            raise NotFound("There is no such page.")
        revision = place.revision or place.commit.id.hex
        if place.entry.kind is EntryKind.FOLDER:
            shown = folder_page(
                self.visit.urls,
                self.shown,
                revision=revision,
                commit=place.commit,
                path=place.path,
                entries=place.shown,
                refs=place.refs,
                changes=place.changes.by_path,
                is_complete=place.changes.is_complete,
                page=number,
                page_size=ENTRIES_SHOWN,
                total=len(place.entries),
                readme=self._folder_readme(place, revision) if number == 1 else None,
            )
            # What will soon be known better is shown, but not kept.
            return shown if place.changes.is_complete else self.visit.rendered(shown)

        def made() -> FilePage:
            return file_page(
                self.visit.urls,
                self.shown,
                revision=revision,
                commit=place.commit,
                entry=place.entry,
                size=place.blob.size if place.blob else None,
                content=place.blob.read(read_limit(place.path)) if place.blob else None,
                refs=place.refs,
                source=query.source,
            )

        return self._lasting(("file", self._around(place)), made) if _is_permanent(place) else made()

    @page(requires=Access.READ, remembered=True, costly=True, reads=[RawPathQuery])
    def annotate(self, *parts: str) -> Lasting | AnnotatePage | Response:
        """Who wrote the lines of a file."""
        place = self._place(parts)

        def made() -> AnnotatePage | Response:
            return self._annotated(place)

        shows = "annotate", self._around(place), self.scope.commits.proper_names(self.grant)
        return self._lasting(shows, made) if _is_permanent(place) else made()

    def _around(self, place: ShownPlace) -> Hashable:
        """What pages of a file tell besides its content: the commit with its labels, and the names of others to go to."""
        path, revision = self.grant.target.path, place.commit.id.hex
        shown = shown_revision(self.visit.urls, path, revision=revision, commit=place.commit, refs=place.refs, address=str)
        return place.entry, shown

    def _annotated(self, place: ShownPlace) -> AnnotatePage | Response:
        found = self.scope.files.annotate(self.grant, place)
        shown = annotate_page(
            self.visit.urls,
            self.shown,
            revision=place.revision or place.commit.id.hex,
            commit=place.commit,
            entry=place.entry,
            content=found.content,
            blame=found.blame,
            commits=found.commits,
            has_ignored=found.has_ignored,
            refs=place.refs,
        )
        is_whole = found.blame is None or found.blame.is_complete
        return shown if is_whole else self.visit.rendered(shown)

    @page(requires=Access.READ)
    def raw(self, *parts: str) -> Response:
        return self._bytes(parts, download=False)

    @page(requires=Access.READ)
    def rawfile(self, *parts: str) -> Response:
        return self._bytes(parts, download=True)

    def _place(self, parts: Sequence[str], *, page: int = 1) -> ShownPlace:
        raw_path = given_raw(self.query(RawPathQuery))
        return self.scope.files.show(self.grant, parts, raw_path=raw_path, page=max(1, page))

    def _bytes(self, parts: Sequence[str], *, download: bool) -> Response:
        blob = self.scope.files.blob(self.grant, parts, raw_path=given_raw(self.query(RawPathQuery)))
        return raw_response(blob, download=download)

    def _folder_readme(self, place: ShownPlace, revision: str) -> ShownReadme | None:
        entry = find_readme(place.entries)
        if entry is None:
            return None
        content = self.scope.files.read(self.grant, place.commit, entry.path, limit=README_LIMIT)
        return shown_readme(self.visit.urls, self.grant.target.path, revision, entry.path, content)


def _is_permanent(place: ShownPlace) -> bool:
    """Whether an address names a file by a full id."""
    return place.revision == place.commit.id.hex
