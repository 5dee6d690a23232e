"""How the bytes of a file may leave the server: seen by a browser, but never run as a page of this site."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from webob import Response

from kallithea.controllers.responses import streamed_response
from kallithea.lib.highlight import is_binary
from kallithea.lib.images import image_type
from kallithea.lib.vcs import Blob

RAW_HEADERS: Mapping[str, str] = {
    # Whatever it is, it runs no script, loads nothing, and is no part of our origin.
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "private, no-cache",
    "Cross-Origin-Resource-Policy": "same-origin",
}
SNIFFED = 8000
"""Bytes that tell text from binary."""


def raw_response(blob: Blob, *, download: bool) -> Response:
    """The file as it is: images as images, text as plain text, everything else only as a download."""
    head = blob.read(SNIFFED)
    image = image_type(blob.path.name, head)
    is_text = image is None and not is_binary(head)
    shows = not download and (image or is_text)
    headers = {**RAW_HEADERS, "Content-Disposition": disposition("inline" if shows else "attachment", blob.path.name)}
    # Most files are short: what was read to know them is all of them.
    chunks = iter([head]) if len(head) == blob.size < SNIFFED else blob.chunks()
    response = streamed_response(chunks, image or _type_of(head, is_text=is_text), headers=headers)
    response.content_length = blob.size
    return response


def _type_of(head: bytes, *, is_text: bool) -> str:
    if not is_text:
        return "application/octet-stream"
    # Left open rather than claimed: the bytes may be in any encoding, and a wrong claim breaks more than none.
    return "text/plain; charset=utf-8" if _is_utf8(head) else "text/plain"


def _is_utf8(head: bytes) -> bool:
    """Whether the beginning of a file is UTF-8."""
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        # A character cut in half by the limit is no evidence.
        return len(head) == SNIFFED and error.start > SNIFFED - 4
    return True


def disposition(kind: str, name: str) -> str:
    """What to do with a file (RFC 6266): a plain name for old clients, the exact one percent-encoded."""
    plain = "".join(c if c.isascii() and c.isprintable() and c not in '"\\%' else "_" for c in name)
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
