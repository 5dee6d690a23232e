"""Revisions and folders as files to take away."""

from __future__ import annotations

from dataclasses import dataclass

from webob import Response

from kallithea.controllers.exposing import page
from kallithea.controllers.repository.files import RawPathQuery, given_raw
from kallithea.controllers.repository.place import RepositoryPlace
from kallithea.controllers.repository.raw import RAW_HEADERS, disposition
from kallithea.controllers.responses import streamed_response
from kallithea.lib.access import Access
from kallithea.lib.errors import NotFound
from kallithea.lib.vcs import ArchiveFormat, FilePath, offered_formats


@dataclass(frozen=True, slots=True)
class ArchiveQuery(RawPathQuery):
    """`path` is the folder to take, as text; by default all of it."""

    path: str = ""


class ArchivePages(RepositoryPlace):
    @page(requires=Access.READ, costly=True)
    def archive(self, *parts: str) -> Response:
        """A revision packed, by a name such as `default.tar.gz`."""
        revision, kind = _revision_and_kind("/".join(parts))
        query = self.query(ArchiveQuery)
        path = given_raw(query) or FilePath.from_text(query.path)
        name, _, archive = self.scope.files.archive(self.grant, revision, path, kind)
        headers = {**RAW_HEADERS, "Content-Disposition": disposition("attachment", f"{name}.{kind.value}")}
        response = streamed_response(archive.chunks, kind.content_type, headers=headers)
        if archive.size is not None:
            response.content_length = archive.size
        return response


def _revision_and_kind(name: str) -> tuple[str, ArchiveFormat]:
    for kind in offered_formats():
        if name.endswith(f".{kind.value}"):
            return name.removesuffix(f".{kind.value}"), kind
    endings = ", ".join(kind.value for kind in offered_formats())
    raise NotFound("There are no archives of this kind.", hint=f"There are {endings}.")
