"""Forms that carry a file: `multipart/form-data` (RFC 7578), as browsers send it.

Read strictly and as a whole, which is possible because forms are small.
"""

from __future__ import annotations

import re

from kallithea.lib.errors import Invalid

MULTIPART = "multipart/form-data"
MOST_PARTS = 50
MOST_HEAD = 4096
"""Bytes of what stands in front of a part."""

_BOUNDARY = re.compile(r"[ \t]*;[ \t]*boundary=\"?([0-9A-Za-z'()+_,./:=?$-]{1,70})\"?[ \t]*")
# Browsers write `"` in names as %22 (HTML, multipart/form-data encoding algorithm).
_DISPOSITION = re.compile(
    rb'content-disposition:[ \t]*form-data;[ \t]*name="([^"\r\n]{1,200})"(;[ \t]*filename="[^"\r\n]{0,1000}")?[ \t]*', re.I
)


def parse_multipart(content_type: str, raw: bytes) -> tuple[dict[str, str], dict[str, bytes]]:
    """The fields and the files of a form by name, the last where a name comes twice. Raises Invalid."""
    found = _BOUNDARY.fullmatch(content_type.strip()[len(MULTIPART) :])
    if found is None:
        raise _unreadable()
    parts = (b"\r\n" + raw).split(b"\r\n--" + found[1].encode("ascii"))
    if len(parts) < 2 or parts[0].strip() or parts[-1][:2] != b"--" or len(parts) > MOST_PARTS + 2:
        raise _unreadable()
    fields: dict[str, str] = {}
    files: dict[str, bytes] = {}
    for part in parts[1:-1]:
        name, is_file, content = _part(part)
        if is_file:
            files[name] = content
        else:
            fields[name] = _text(content)
    return fields, files


def _part(part: bytes) -> tuple[str, bool, bytes]:
    head, blank, content = part.partition(b"\r\n\r\n")
    if not blank or not head.startswith(b"\r\n") or len(head) > MOST_HEAD:
        raise _unreadable()
    lines = [match for line in head.split(b"\r\n") if (match := _DISPOSITION.fullmatch(line))]
    if len(lines) != 1:
        raise _unreadable()
    return _text(lines[0][1]), lines[0][2] is not None, content


def _text(content: bytes) -> str:
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        raise Invalid("The text sent is not valid UTF-8.") from None
    if "\0" in text:
        raise Invalid("The text sent has a NUL character.")
    return text


def _unreadable() -> Invalid:
    return Invalid("The form cannot be read.", hint="Send it again.")
