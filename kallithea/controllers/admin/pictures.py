"""Pictures of people, as bytes."""

from __future__ import annotations

from webob import Response

from kallithea.controllers.base import Room
from kallithea.controllers.exposing import Visitor, page
from kallithea.controllers.repository.raw import RAW_HEADERS

KEPT = "private, max-age=86400, immutable"
NOBODY = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32" fill="#8a8f98">'
    b'<circle cx="16" cy="12" r="6"/><path d="M4 30a12 10 0 0 1 24 0z"/></svg>'
)


class PicturesRoom(Room):
    """`/_admin/pictures/<number of the account>/<digest of the picture>`."""

    @page(requires=Visitor.ANYONE, path="")
    def picture(self, user: str, digest: str) -> Response:
        """Never asked for twice, as another picture has another address; whoever does not know it cannot guess it.

        For one that was taken away there is an empty face, so that a page from before has no hole.
        """
        number = int(user) if user.isascii() and user.isdigit() and len(user) < 10 else 0
        found = self.scope.pictures.get((number, digest))
        response = Response(found.content if found else NOBODY, content_type=found.content_type if found else "image/svg+xml")
        response.headers.update({**RAW_HEADERS, "Cache-Control": KEPT if found else "private, no-cache"})
        return response
