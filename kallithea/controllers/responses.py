"""Making responses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from webob import Response

from kallithea.lib.places import Place

LARGE = 1 << 20
"""Bytes of an answer that any server takes off the application at once, however slow the client is."""


def text_response(text: str, content_type: str, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A whole text, UTF-8."""
    response = Response(text, status=status, content_type=content_type, charset="utf-8")
    # Not as an argument: WebOb then takes the given headers for all there are.
    response.headers.update(headers or {})
    return response


def revalidated(response: Response, tag: str) -> Response:
    """The response, kept by browsers but asked for each time; 304 (RFC 9110) for who has the content of this tag already."""
    response.headers["Cache-Control"] = "private, no-cache"
    response.etag = (tag, False)
    response.conditional_response = True
    return response


def streamed_response(chunks: Iterable[bytes], content_type: str, *, headers: Mapping[str, str]) -> Response:
    """Bytes as they come; whatever makes them is closed when the client has them or is gone."""
    response = Response(app_iter=chunks)
    response.headers["Content-Type"] = content_type
    response.headers.update(headers)
    return response


def is_large(response: Response) -> bool:
    """Whether the answer may keep a thread for as long as its client takes to read it."""
    size = response.content_length
    return response.status_int == 200 and (size is None or size > LARGE)


class HeldChunks:
    """The chunks of an answer, with the place that they need; closing gives it back."""

    def __init__(self, chunks: Iterable[bytes], place: Place) -> None:
        self._whole = chunks
        self._chunks: Iterator[bytes] = iter(chunks)
        self._place = place

    def __iter__(self) -> Iterator[bytes]:
        return self._chunks

    def close(self) -> None:
        try:
            close: Any = getattr(self._whole, "close", None)
            if close:
                close()
        finally:
            self._place.leave()

    def __del__(self) -> None:
        # An answer that never reached the server's hands is closed by nobody.
        self._place.leave()
