"""Reads requests of hg clients (mercurial/wireprotoserver.py, version 1), without any input or output."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import parse_qsl

from kallithea.lib.access import Access
from kallithea.lib.errors import Invalid, TooLarge
from kallithea.lib.vcs import HgRequest, Kind
from kallithea.wire.errors import MethodNotAllowed
from kallithea.wire.knock import Knock, repository_path

MEDIA_TYPE = "application/mercurial-0.1"
LARGEST_POSTED_ARGUMENTS = 1 << 20

# The commands of Mercurial 7; absent, as those of extensions, means WRITE.
REQUIRED = {
    "batch":                    Access.READ,  # and what the commands inside need
    "between":                  Access.READ,
    "branches":                 Access.READ,
    "branchmap":                Access.READ,
    "capabilities":             Access.READ,
    "changegroup":              Access.READ,
    "changegroupsubset":        Access.READ,
    "clonebundles":             Access.READ,
    "clonebundles_manifest":    Access.READ,
    "debugwireargs":            Access.READ,
    "get_cached_bundle_inline": Access.READ,
    "getbundle":                Access.READ,
    "heads":                    Access.READ,
    "hello":                    Access.READ,
    "known":                    Access.READ,
    "listkeys":                 Access.READ,
    "lookup":                   Access.READ,
    "protocaps":                Access.READ,
    "pushkey":                  Access.WRITE,
    "stream_out":               Access.READ,
    "unbundle":                 Access.WRITE,
}  # fmt: skip

# What a repository answers from its index, without a helper process.
QUICK = frozenset(
    {
        "batch", "between", "branches", "branchmap", "capabilities", "clonebundles", "clonebundles_manifest",
        "heads", "hello", "known", "listkeys", "lookup", "protocaps",
    }
)  # fmt: skip


def command(*, query: str, accept: str) -> str | None:
    """The command of an hg client, or None for a request that is not of one. Raises Invalid where it is named twice."""
    named = [value for name, value in parse_qsl(query, keep_blank_values=True, encoding="latin-1") if name == "cmd"]
    if not named or not (MEDIA_TYPE in accept or named[0] in REQUIRED):
        return None
    if len(named) > 1:
        raise Invalid("The command is named more than once.")
    return named[0]


def posted_size(headers: Mapping[str, str]) -> int:
    """How many bytes of the body are arguments. Raises Invalid, TooLarge."""
    text = headers.get("X-HgArgs-Post", "0")
    if not (text.isascii() and text.isdigit()):
        raise Invalid("X-HgArgs-Post is not a number.")
    if len(text) > 9 or int(text) > LARGEST_POSTED_ARGUMENTS:
        raise TooLarge("The arguments of this command are too long.")
    return int(text)


def parse(
    *, method: str, path: str, query: str, name: str, headers: Mapping[str, str] | None = None, posted: bytes = b""
) -> Knock:
    """What an hg client asks for with the command `name`; `posted` are the arguments in the body. Raises MethodNotAllowed."""
    if method not in ("GET", "POST"):
        raise MethodNotAllowed(allowed="GET, POST")
    headers = headers or {}
    inner = _batched(query, headers, posted) if name == "batch" else (name,)
    request = HgRequest(command=name, commands=inner, query=query, headers=tuple(headers.items()))
    return Knock(
        path=repository_path(path),
        kind=Kind.HG,
        request=request,
        operation=name if name in REQUIRED else "other",
        needs=required(name, inner),
        is_transfer=not QUICK.issuperset((name, *inner)),
    )


def required(name: str, inner: Iterable[str]) -> Access:
    """The access that a command needs, and all commands inside it; a batch in a batch counts as an unknown command."""
    inside = (Access.WRITE if each == "batch" else REQUIRED.get(each, Access.WRITE) for each in inner if each != name)
    nested = Access.WRITE if name == "batch" and "batch" in tuple(inner) else Access.NONE
    return max(REQUIRED.get(name, Access.WRITE), nested, *inside)


def wire_headers(environ: Mapping[str, object]) -> dict[str, str]:
    """The headers of a WSGI request that belong to Mercurial's protocol, spelled as it spells them."""
    found: dict[str, str] = {}
    for key, value in environ.items():
        if key.startswith("HTTP_X_HG"):
            found[_spelling(key)] = str(value)
    if environ.get("CONTENT_LENGTH"):
        found["Content-Length"] = str(environ["CONTENT_LENGTH"])
    return found


def _spelling(key: str) -> str:
    """X-HgArg-1 for HTTP_X_HGARG_1."""
    parts = key.removeprefix("HTTP_").split("_")
    return "-".join(
        f"Hg{part[2:].capitalize()}" if part.startswith("HG") and len(part) > 2 else part.capitalize() for part in parts
    )


def _batched(query: str, headers: Mapping[str, str], posted: bytes) -> tuple[str, ...]:
    """The commands inside a batch, wherever it may be said: all places count, so none can hide behind another."""
    in_headers = "".join(_numbered("X-HgArg", headers))
    found: list[str] = []
    for arguments in (query, in_headers, posted.decode("latin-1")):
        for name, value in parse_qsl(arguments, keep_blank_values=True, encoding="latin-1"):
            if name == "cmds":
                found += [pair.partition(" ")[0] for pair in value.split(";")]
    return tuple(dict.fromkeys(found))


def _numbered(name: str, headers: Mapping[str, str]) -> Iterator[str]:
    """The pieces of a value that is too long for one header, up to the first gap, as Mercurial reads them."""
    for number in itertools.count(1):
        piece = headers.get(f"{name}-{number}")
        if piece is None:
            return
        yield piece
