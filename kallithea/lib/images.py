"""Which files browsers show as pictures."""

from __future__ import annotations

from kallithea.lib.highlight import is_binary

SVG = "image/svg+xml"
_TYPES = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "gif": "image/gif",
    "webp": "image/webp",
    "avif": "image/avif",
    "svg": SVG,
    "ico": "image/x-icon",
    "bmp": "image/bmp",
}


def named_type(name: str) -> str | None:
    """The media type that the ending of a file name promises; None: no picture."""
    _, dot, ending = name.rpartition(".")
    return _TYPES.get(ending.lower()) if dot else None


def image_type(name: str, content: bytes) -> str | None:
    """The media type of these bytes as a picture: what is text and no SVG cannot be the picture that its name says."""
    promised = named_type(name)
    return promised if promised == SVG or is_binary(content) else None
