"""What HTML of others may contain: an allow-list, applied last of all, by a parser that follows browsers."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape

import nh3
from markupsafe import Markup, escape
from pygments.token import STANDARD_TYPES

LinkResolver = Callable[[str], str]

ANCHOR_PREFIX = "readme-"
"""How all ids begin, so that none can be taken for one of the page."""

_TAGS = {
    *("a", "abbr", "aside", "b", "blockquote", "br", "caption", "cite", "code", "dd", "del", "details", "dfn", "div", "dl"),
    *("dt", "em", "figcaption", "figure", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "img", "ins", "kbd", "li", "ol", "p"),
    *("pre", "q", "s", "samp", "section", "small", "span", "strong", "sub", "summary", "sup", "table", "tbody", "td"),
    *("tfoot", "th", "thead", "tr", "tt", "u", "ul", "var"),
}
_ATTRIBUTES = {
    "*": {"id", "title", "align", "dir", "lang"},
    "a": {"href", "aria-label"},
    "img": {"src", "alt", "width", "height"},
    "ol": {"start"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
    "details": {"open"},
}
_TOKEN_CLASSES = {short for short in STANDARD_TYPES.values() if short} | {"hidden-character"}
_CLASSES = {
    "span": _TOKEN_CLASSES,
    "code": _TOKEN_CLASSES,
    "li": {"task"},
    "pre": {"plain", "code"},
    "aside": {"admonition", "footnote"},
    "p": {"admonition-title"},
    "section": {"footnotes"},
}
_SCHEMES = {"http", "https", "mailto"}
# As nh3 writes them: a quote inside of a value is a reference.
_IMAGE = re.compile(r'<img((?: [a-z]+="[^"]*")*)>')
_ATTRIBUTE = re.compile(r' ([a-z]+)="([^"]*)"')
_SCHEME = re.compile(r"\s*([a-zA-Z][a-zA-Z0-9+.-]*):")


def sanitized(html: str, *, link: LinkResolver, image: LinkResolver, taken: set[str]) -> Markup:
    """The allowed part of some HTML, with its ids made ours and its relative addresses resolved.

    `link` and `image` turn relative targets into addresses. Images of other hosts show their text only, because a page asks
    no other host for anything. `taken` are the ids that the page has already; it grows.
    """

    def settle(_tag: str, attribute: str, value: str) -> str | None:
        if attribute == "id":
            name = anchor(value)
            if name in taken:
                return None
            taken.add(name)
            return name
        if attribute == "href":
            return _address(value, link)
        if attribute == "src":
            return image(value) if _is_relative(value) else None
        return value

    clean = nh3.clean(
        html,
        tags=_TAGS,
        clean_content_tags={"script", "style", "title", "textarea", "template", "iframe", "noscript"},
        attributes=_ATTRIBUTES,
        attribute_filter=settle,
        allowed_classes=_CLASSES,
        url_schemes=_SCHEMES,
        link_rel="nofollow noopener",
    )
    # What nh3 lets through is all that this module lets through.
    return Markup(_IMAGE.sub(_text_of_lost_image, clean))  # noqa: S704


def _text_of_lost_image(image: re.Match[str]) -> str:
    """The text of an image that lost its address, which would be no valid image."""
    attributes = dict(_ATTRIBUTE.findall(image[1]))
    return image[0] if "src" in attributes else str(escape(unescape(attributes.get("alt", ""))))


def anchor(value: str) -> str:
    """What an id of a document is called on the page."""
    return ANCHOR_PREFIX + value.removeprefix(ANCHOR_PREFIX)


def _is_relative(target: str) -> bool:
    """Whether a target has neither scheme nor host. Browsers read `\\` as `/` and skip what they cannot see."""
    seen = re.sub(r"[\x00-\x20]", "", target).replace("\\", "/")
    return not seen.startswith("//") and not _SCHEME.match(seen)


def _address(target: str, link: LinkResolver) -> str:
    if target.startswith("#"):
        return f"#{anchor(target[1:])}" if target != "#" else "#"
    return link(target) if _is_relative(target) else target
