"""What a client at the wire door wants, as one value: parsed once, then authorised and served as it is."""

from __future__ import annotations

from dataclasses import dataclass, field

from kallithea.lib.access import Access
from kallithea.lib.vcs import Kind, Session, WireRequest


@dataclass(frozen=True, slots=True)
class Knock:
    """A request of an hg or git client: which repository (path without the first slash), what, and the access it needs.

    `operation` is its name in logs and counts, one of few. `is_transfer` tells the ones that may take long, because a child
    process works for them.
    """

    path: str
    kind: Kind
    request: WireRequest
    needs: Access
    is_transfer: bool = True
    operation: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class SessionKnock:
    """The same of a client that stays connected."""

    path: str
    kind: Kind
    session: Session
    needs: Access
    operation: str = field(default="", compare=False)


def decoded_path(path_info: str) -> str | None:
    """The path that PATH_INFO means (PEP 3333 hands bytes over as latin-1), None where it is no text at all."""
    try:
        path = path_info.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return None
    return None if "\0" in path else path


def repository_path(path: str) -> str:
    """The name in a path: without its first slash, and without the one last slash that people add to addresses."""
    return path.removeprefix("/").removesuffix("/")
