"""Making responses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from webob import Response


def text_response(text: str, content_type: str, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A whole text, UTF-8."""
    response = Response(text, status=status, content_type=content_type, charset="utf-8")
    # Not as an argument: WebOb then takes the given headers for all there are.
    response.headers.update(headers or {})
    return response


def streamed_response(chunks: Iterable[bytes], content_type: str, *, headers: Mapping[str, str]) -> Response:
    """Bytes as they come; whatever makes them is closed when the client has them or is gone."""
    response = Response(app_iter=chunks)
    response.headers["Content-Type"] = content_type
    response.headers.update(headers)
    return response
