"""One commit: its page, its diff as text, and as a patch."""

from __future__ import annotations

from collections.abc import Iterator

from webob import Response

from kallithea.controllers.exposing import page
from kallithea.controllers.repository.diffing import DiffQuery
from kallithea.controllers.repository.place import RepositoryPlace
from kallithea.controllers.repository.raw import RAW_HEADERS
from kallithea.controllers.responses import streamed_response
from kallithea.lib.access import Access
from kallithea.pages.repository.changeset import ChangesetPage, changeset_page


class ChangesetPages(RepositoryPlace):
    @page(requires=Access.READ, remembered=True)
    def changeset(self, *revision: str) -> ChangesetPage:
        query = self.query(DiffQuery)
        shown = self.scope.commits.show(self.grant, "/".join(revision), query.options(self.visit.settings.cut_off))
        commit = shown.commit
        told = self._with_faces(self._telling([commit], whole=True), (commit.author, commit.committer))
        return changeset_page(
            self.visit.urls,
            told,
            commit=shown.commit,
            children=shown.children,
            diff=shown.diff,
            refs=shown.refs,
            view=query.view,
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
