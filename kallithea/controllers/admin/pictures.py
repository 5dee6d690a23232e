"""Pictures of people, as bytes."""

from __future__ import annotations

from webob import Response

from kallithea.controllers.base import Room
from kallithea.controllers.exposing import Visitor, page
from kallithea.controllers.repository.raw import RAW_HEADERS
from kallithea.lib.pictures import NO_FACE

KEPT = "private, max-age=86400, immutable"


class PicturesRoom(Room):
    """`/_admin/pictures/<number of the account>/<digest of the picture>`."""

    @page(requires=Visitor.ANYONE, path="")
    def picture(self, user: str, digest: str) -> Response:
        """Never asked for twice, as another picture has another address; whoever does not know it cannot guess it.

        For one that was taken away there is an empty face, so that a page from before has no hole.
        """
        number = int(user) if user.isascii() and user.isdigit() and len(user) < 10 else 0
        found = self.scope.pictures.get((number, digest))
        shown = found or NO_FACE
        response = Response(shown.content, content_type=shown.content_type)
        response.headers.update({**RAW_HEADERS, "Cache-Control": KEPT if found else "private, no-cache"})
        return response
