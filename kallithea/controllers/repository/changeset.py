"""One commit: its page, its diff as text, and as a patch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from webob import Response

from kallithea.controllers.exposing import page
from kallithea.controllers.kept import Lasting
from kallithea.controllers.repository.diffing import DiffQuery
from kallithea.controllers.repository.files import RawPathQuery, path_of
from kallithea.controllers.repository.place import RepositoryPlace
from kallithea.controllers.repository.raw import RAW_HEADERS
from kallithea.controllers.responses import streamed_response
from kallithea.lib.access import Access
from kallithea.lib.errors import Invalid
from kallithea.pages.repository.changeset import ChangesetPage, changeset_page
from kallithea.pages.repository.diff_lines import DiffLinesPage, diff_lines_page
from kallithea.services.signers import JudgedSignature

MOST_LINES = 400
"""Lines between two changes that are given at once."""


@dataclass(frozen=True, slots=True)
class LinesQuery(RawPathQuery):
    """Which lines of the new side, what number the first has on the old one, and how the diff that they go into shows them."""

    start: int = 1
    count: int = 20
    old: int = 1
    file: int = 1
    split: bool = False


class ChangesetPages(RepositoryPlace):
    @page(requires=Access.READ, remembered=True, reads=[DiffQuery])
    def changeset(self, *revision: str) -> Lasting | ChangesetPage | Response:
        key, name = self.content_key(), "/".join(revision)
        signatures = self.scope.signers.judge(self.scope.commits.signatures(self.grant, name))
        if not any(one.signature.is_for_owners for one in signatures):
            return self._changeset(name, signatures)
        # Whose key it is and which addresses they have may change at any time, and pushes nothing.
        key = ("signed", revision, key, signatures)
        return self.visit.remembered(key) or self.visit.shown(self._changeset(name, signatures), key=key)

    def _changeset(self, revision: str, signatures: Sequence[JudgedSignature]) -> Lasting | ChangesetPage:
        query = self.query(DiffQuery)
        options = query.options(self.visit.settings.cut_off)
        shown = self.scope.commits.show(self.grant, revision)
        commit = shown.commit
        told = self._with_faces(self._telling([commit], whole=True), (commit.author, commit.committer))

        def made() -> ChangesetPage:
            changes = self.scope.commits.changes(self.grant, commit, options)
            return changeset_page(
                self.visit.urls,
                told,
                commit=commit,
                children=shown.children,
                diff=changes.diff,
                refs=shown.refs,
                signatures=signatures,
                view=query.view,
                around=changes.around,
            )

        if revision != commit.id.hex:
            return made()
        words, faces = sorted(told.links.commits.items()), sorted(told.faces.own.items())
        names = shown.refs.at(commit.id)
        shows = "changeset", commit, shown.children, names, signatures, tuple(words), tuple(faces)
        return self._lasting(shows, made)

    @page(requires=Access.READ, path="diff-lines", remembered=True, reads=[LinesQuery])
    def diff_lines(self, revision: str, *path: str) -> DiffLinesPage:
        """Lines that did not change, from the neighbourhood of those that did."""
        query = self.query(LinesQuery)
        if not (0 < query.count <= MOST_LINES and query.start and query.old):
            raise Invalid(f"At most {MOST_LINES} lines are shown at once, and the first has the number 1.")
        wanted = path_of(path, query)
        commit, found = self.scope.commits.lines(self.grant, revision, wanted, query.start, query.count)
        return diff_lines_page(
            self.visit.urls,
            self.shown,
            commit=commit,
            path=wanted,
            found=found,
            start=query.start,
            old_start=query.old,
            number=query.file,
            is_split=query.split,
        )

    @page(requires=Access.READ, path="changeset-diff", costly=True)
    @page(requires=Access.READ, path="raw-changeset", costly=True)
    def changeset_diff(self, *revision: str) -> Response:
        """The changes as plain text."""
        commit, patch = self.scope.commits.patch(self.grant, "/".join(revision))
        return self._text(patch, f"{commit.id.short}.diff", download=False)

    @page(requires=Access.READ, path="changeset-patch", costly=True)
    def changeset_patch(self, *revision: str) -> Response:
        """The commit as a mail that `git am` and `hg import` take."""
        return self._text(self.scope.commits.mail(self.grant, "/".join(revision)), "changeset.patch", download=False)

    @page(requires=Access.READ, path="changeset-download", costly=True)
    def changeset_download(self, *revision: str) -> Response:
        """The changes as a file."""
        commit, patch = self.scope.commits.patch(self.grant, "/".join(revision))
        return self._text(patch, f"{commit.id.short}.diff", download=True)

    def _text(self, chunks: Iterator[bytes], name: str, *, download: bool) -> Response:
        disposition = f'{"attachment" if download else "inline"}; filename="{name}"'
        return streamed_response(
            chunks, "text/plain; charset=utf-8", headers={**RAW_HEADERS, "Content-Disposition": disposition}
        )
