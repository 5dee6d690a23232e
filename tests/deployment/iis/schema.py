"""What IIS accepts in a web.config, as far as ours goes: elements, their attributes and values, as its documentation has them.

The sections are those of IIS 10 and of HttpPlatformHandler 1.2: `handlers`, `modules`, `httpErrors`, `urlCompression`,
`security/requestFiltering`, `httpPlatform`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from xml.etree import ElementTree

Check = Callable[[str], bool]


def _whole(lowest: int, highest: int) -> Check:
    return lambda text: text.isascii() and text.isdigit() and lowest <= int(text) <= highest


def _one_of(*words: str) -> Check:
    return lambda text: text in words


def _some_of(*words: str) -> Check:
    return lambda text: {word.strip() for word in text.split(",")} <= set(words)


def _time_span(text: str) -> bool:
    """From nothing to thirty days, in whole minutes."""
    found = re.fullmatch(r"(?:(\d+)\.)?([01]\d|2[0-3]):([0-5]\d):00", text)
    return bool(found) and 0 < int(found[1] or 0) * 1440 + int(found[2]) * 60 + int(found[3]) <= 30 * 1440


def _text(text: str) -> bool:
    return bool(text)


_flag = _one_of("true", "false")
_number = _whole(0, 4294967295)


@dataclass(frozen=True)
class Element:
    """One element; a child may come once unless it is one of a collection."""

    attributes: Mapping[str, Check] = field(default_factory=dict)
    required: frozenset[str] = frozenset()
    children: Mapping[str, Element] = field(default_factory=dict)


def _collection(entry: Element, key: str, **attributes: Check) -> Element:
    remove = Element({key: _text}, frozenset({key}))
    return Element(attributes, children={"add": entry, "remove": remove, "clear": Element()})


_HANDLER = Element(
    {
        "name": _text,
        "path": _text,
        "verb": _text,
        "modules": _text,
        "scriptProcessor": _text,
        "resourceType": _one_of("File", "Directory", "Either", "Unspecified"),
        "requireAccess": _one_of("None", "Read", "Write", "Script", "Execute"),
        "allowPathInfo": _flag,
        "preCondition": _text,
        "responseBufferLimit": _number,
        "type": _text,
        "userName": _text,
        "password": _text,
    },
    frozenset({"name", "path", "verb"}),
)
_ACCESS = (
    "None",
    "Read",
    "Write",
    "Execute",
    "Source",
    "Script",
    "NoRemoteWrite",
    "NoRemoteRead",
    "NoRemoteExecute",
    "NoRemoteScript",
)
_VARIABLE = Element({"name": _text, "value": lambda text: True}, frozenset({"name", "value"}))
_HTTP_PLATFORM = Element(
    {
        "processPath": _text,
        "arguments": _text,
        "startupTimeLimit": _whole(0, 3600),
        "startupRetryCount": _whole(0, 100),
        "rapidFailsPerMinute": _whole(0, 100),
        "requestTimeout": _time_span,
        "stdoutLogEnabled": _flag,
        "stdoutLogFile": _text,
        "processesPerApplication": _whole(1, 100),
        "forwardWindowsAuthToken": _flag,
    },
    frozenset({"processPath"}),
    {"environmentVariables": Element(children={"environmentVariable": _VARIABLE})},
)
_ALLOWED = {"allowed": _flag}
_REQUEST_FILTERING = Element(
    {"allowDoubleEscaping": _flag, "allowHighBitCharacters": _flag},
    children={
        "requestLimits": Element({"maxAllowedContentLength": _number, "maxUrl": _number, "maxQueryString": _number}),
        "fileExtensions": _collection(
            Element({"fileExtension": _text, **_ALLOWED}), "fileExtension", allowUnlisted=_flag, applyToWebDAV=_flag
        ),
        "verbs": _collection(Element({"verb": _text, **_ALLOWED}), "verb", allowUnlisted=_flag, applyToWebDAV=_flag),
        "hiddenSegments": _collection(Element({"segment": _text}), "segment", applyToWebDAV=_flag),
        "denyUrlSequences": _collection(Element({"sequence": _text}), "sequence"),
    },
)
_SERVER = Element(
    children={
        "handlers": _collection(_HANDLER, "name", accessPolicy=_some_of(*_ACCESS)),
        "modules": _collection(Element({"name": _text, "type": _text, "preCondition": _text}), "name"),
        "httpErrors": Element({"existingResponse": _one_of("Auto", "Replace", "PassThrough")}),
        "urlCompression": Element({"doStaticCompression": _flag, "doDynamicCompression": _flag}),
        "security": Element(children={"requestFiltering": _REQUEST_FILTERING}),
        "httpPlatform": _HTTP_PLATFORM,
    }
)
WEB_CONFIG = Element(children={"system.webServer": _SERVER})
_MANY = frozenset({"add", "remove", "environmentVariable"})


def complaints(text: str) -> list[str]:
    """What IIS would not accept in a web.config; an empty list for one that it takes. Raises ParseError for what is no XML."""
    root = ElementTree.fromstring(text.encode())
    return [f"{root.tag} is no configuration"] if root.tag != "configuration" else list(_wrong(root, WEB_CONFIG, ""))


def _wrong(element: ElementTree.Element, schema: Element, above: str) -> Iterator[str]:
    place = f"{above}/{element.tag}"
    if (element.text or "").strip() or (element.tail or "").strip():
        yield f"{place} has text"
    for name, value in element.attrib.items():
        if name not in schema.attributes:
            yield f"{place} has no attribute {name}"
        elif not schema.attributes[name](value):
            yield f"{place} {name} may not be {value}"
    yield from (f"{place} needs {name}" for name in schema.required - set(element.attrib))
    seen: set[str] = set()
    for child in element:
        if child.tag not in schema.children:
            yield f"{place} has no element {child.tag}"
            continue
        if child.tag in seen - _MANY:
            yield f"{place} has {child.tag} twice"
        seen.add(child.tag)
        yield from _wrong(child, schema.children[child.tag], place)
