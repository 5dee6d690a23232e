"""Making responses."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from webob import Response

from kallithea.lib.packing import Piece, gzip_of
from kallithea.lib.places import Place

# The page carries the visitor, and what is public may turn private: browsers keep it, but ask each time whether it still holds.
OF_PAGES: Mapping[str, str] = {"Cache-Control": "private, no-cache", "Vary": "Accept-Encoding"}
TEXTS = ("application/json", "application/atom+xml", "application/rss+xml")
WORTH_PACKING = 1000
"""Bytes; less fits into one packet anyway."""
LARGE = 1 << 20
"""Bytes of an answer that any server takes off the application at once, however slow the client is."""


def text_response(text: str, content_type: str, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A whole text, UTF-8."""
    response = Response(text, status=status, content_type=content_type, charset="utf-8")
    # Not as an argument: WebOb then takes the given headers for all there are.
    response.headers.update(headers or {})
    return response


def html_response(pieces: Sequence[Piece], *, is_packed: bool, status: int = 200) -> Response:
    """A page put together, packed or not."""
    body = gzip_of(pieces) if is_packed else b"".join([piece.plain for piece in pieces])
    headers = [("Content-Type", "text/html; charset=utf-8"), *OF_PAGES.items()]
    if is_packed:
        headers.append(("Content-Encoding", "gzip"))
    # As a list of headers: WebOb would look for each in all of them.
    return Response(body, status=status, headerlist=headers)


def negotiated(response: Response, *, known: str, may_pack: Callable[[], bool]) -> Response:
    """The response, packed if it is a whole text that is not packed yet; what is streamed stays as it is.

    `known` is the If-None-Match of a client that may have it already.
    """
    is_text = response.content_type in TEXTS and isinstance(response.app_iter, list) and response.status_int == 200
    if not is_text or "Content-Encoding" in response.headers or len(response.body) < WORTH_PACKING:
        return response
    response.headers["Vary"] = "Accept-Encoding"
    if not has_tag(known, response.headers.get("ETag", "none")) and may_pack():
        response.body = gzip_of((Piece.of(response.body),))
        response.headers["Content-Encoding"] = "gzip"
    return response


def shown_once(response: Response) -> Response:
    """The response, which nobody may keep: it has a secret in it that is never told again."""
    response.headers["Cache-Control"] = "no-store"
    return response


def has_tag(given: str, tag: str) -> bool:
    """Whether this If-None-Match (RFC 9110, section 13.1.2) has the tag, weak or not."""
    return given.strip() == "*" or tag.removeprefix("W/") in (part.strip().removeprefix("W/") for part in given.split(","))


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
