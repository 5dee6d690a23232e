"""Reads requests of git clients (Documentation/gitprotocol-http.txt), without any input or output."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl

from kallithea.lib.access import Access
from kallithea.lib.errors import Forbidden, Invalid
from kallithea.lib.vcs import GitRequest, Kind
from kallithea.wire.errors import MethodNotAllowed, UnsupportedMediaType
from kallithea.wire.knock import Knock, repository_path

REQUIRED = {"git-upload-pack": Access.READ, "git-receive-pack": Access.WRITE}  # absent means refused

ADVERTISEMENT = "/info/refs"
ENDINGS = (ADVERTISEMENT, *(f"/{service}" for service in REQUIRED))
"""How a path ends that may be one of git's; what ends otherwise need not be looked at."""

_PROTOCOL = re.compile(r"[a-z0-9-]+(?:=[A-Za-z0-9._-]+)?(?::[a-z0-9-]+(?:=[A-Za-z0-9._-]+)?)*")
_LONGEST_PROTOCOL = 200
_DUMB = re.compile(r"(?P<repository>/.+?)/(?:info/refs|HEAD|objects/[0-9a-z/._-]+)")


@dataclass(frozen=True, slots=True)
class DumbRequest:
    """A request for a file of the repository, as clients make that do not speak the smart protocol."""

    path: str


def parse(*, method: str, path: str, query: str, content_type: str = "", protocol: str = "") -> Knock | None:
    """What a git client asks for, or None for a request that is not one of the smart protocol.

    Raises MethodNotAllowed, UnsupportedMediaType, and Forbidden for a service that git has and we do not.
    """
    if path.endswith(ADVERTISEMENT):
        return _advertisement(method, path.removesuffix(ADVERTISEMENT), query, protocol)
    prefix, _, service = path.rpartition("/")
    if service not in REQUIRED or method in ("GET", "HEAD"):
        return None  # a page may show a file of that name
    if method != "POST":
        raise MethodNotAllowed(allowed="POST")
    if content_type.partition(";")[0].strip().lower() != f"application/x-{service}-request":
        raise UnsupportedMediaType(f"This address takes application/x-{service}-request only.")
    return _knock(prefix, GitRequest(service, advertise=False, protocol=harmless_protocol(protocol)))


def parse_dumb(*, path: str, query: str, client: str) -> DumbRequest | None:
    """The request of a git client that reads files, or None; only clients that say they are git are taken for one."""
    found = _DUMB.fullmatch(path)
    if found is None or query or not client.startswith("git/"):
        return None
    return DumbRequest(repository_path(found["repository"]))


def harmless_protocol(header: str) -> str:
    """The header Git-Protocol, which git gets to see in its environment; "" for anything but key=value pairs.

    What a server does not understand of it, it shall ignore (gitprotocol-v2(5)).
    """
    return header if len(header) <= _LONGEST_PROTOCOL and _PROTOCOL.fullmatch(header) else ""


def _advertisement(method: str, prefix: str, query: str, protocol: str) -> Knock | None:
    services = [value for name, value in parse_qsl(query, keep_blank_values=True) if name == "service"]
    if not services or not services[0].startswith("git-"):
        return None
    if len(services) > 1:
        raise Invalid("The service is named more than once.")
    if services[0] not in REQUIRED:
        raise Forbidden("This service of git is not offered here.")
    if method != "GET":
        raise MethodNotAllowed(allowed="GET")
    return _knock(prefix, GitRequest(services[0], advertise=True, protocol=harmless_protocol(protocol)))


def _knock(prefix: str, request: GitRequest) -> Knock:
    operation = "refs" if request.advertise else request.service.removeprefix("git-")
    return Knock(repository_path(prefix), Kind.GIT, request, REQUIRED[request.service], operation=operation)
