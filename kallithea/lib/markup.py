"""Turns texts of others into safe HTML: commit messages, and web addresses in running text.

Whatever comes out of here as `Markup` went through an escape. Documents are in `documents.py`.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from markupsafe import Markup

from kallithea.lib.highlight import escaped


def render_message(text: str, *, commit_link: Callable[[str], str | None] | None = None) -> Markup:
    """A commit message: escaped, web addresses as links; ids of commits too where `commit_link` knows their address."""
    pieces: list[Markup] = []
    at = 0
    for match in _LINKABLE.finditer(text):
        found = match.group()
        if match.lastgroup == "id":
            address = commit_link(found) if commit_link else None
        else:
            address = found = without_trailing_punctuation(found)
        if address is None:
            continue
        pieces.append(escaped(text[at : match.start()]))
        pieces.append(Markup('<a href="{}" rel="nofollow noopener">{}</a>').format(address, escaped(found)))
        at = match.start() + len(found)
    pieces.append(escaped(text[at:]))
    return Markup("").join(pieces)


def linked_text(text: str) -> Markup:
    """Any text: escaped, web addresses as links."""
    return render_message(text, commit_link=None)


# --- links in running text

_URL = r"https?://[^\s<>\"`|\\^{}]{1,2000}"
_LINKABLE = re.compile(rf"\b(?P<url>{_URL})|\b(?P<id>[0-9a-f]{{12,40}})\b")
BARE_URL = re.compile(rf"\b{_URL}")


def without_trailing_punctuation(url: str) -> str:
    """The address without what ends the sentence around it; a closing bracket stays if it was opened inside."""
    unopened = url.count(")") - url.count("(")
    end = len(url)
    while url[end - 1] in ".,;:!?'*_~" or (url[end - 1] == ")" and unopened > 0):
        unopened -= url[end - 1] == ")"
        end -= 1
    return url[:end]
