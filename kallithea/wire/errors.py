"""What hg and git clients are told when something went wrong.

git prints a `text/plain` body behind `remote:`, though only that of the first request (remote-curl.c, `show_http_message`). hg
prints the reason phrase of an error status and never its body (mercurial/httppeer.py lets urllib raise). Both get both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

from kallithea.lib.errors import (
    ConfigError,
    Conflict,
    Forbidden,
    Invalid,
    KallitheaError,
    NotFound,
    TooLarge,
    TooManyAttempts,
    Unauthenticated,
    Unavailable,
)
from kallithea.lib.vcs import Kind, RepositoryMissing

LONGEST_REASON = 200


class MethodNotAllowed(Invalid):
    """The address exists, but not for this HTTP method; `allowed` is the header Allow."""

    def __init__(self, *, allowed: str) -> None:
        super().__init__(f"This address takes {allowed} only.")
        self.allowed = allowed


class UnsupportedMediaType(Invalid):
    """The body is of a kind that is not taken here."""


class LengthRequired(Invalid):
    """The web server cannot tell where the body ends."""


class WrongKind(NotFound):
    """A git client at an hg repository, or the other way round."""


@dataclass(frozen=True, slots=True)
class Row:
    """An HTTP status, and headers that go with it."""

    status: HTTPStatus
    headers: Mapping[str, str]


STATUS: Mapping[type[KallitheaError], Row] = {
    NotFound:             Row(HTTPStatus.NOT_FOUND, {}),
    RepositoryMissing:    Row(HTTPStatus.SERVICE_UNAVAILABLE, {"Retry-After": "300"}),
    Unauthenticated:      Row(HTTPStatus.UNAUTHORIZED, {}),
    Forbidden:            Row(HTTPStatus.FORBIDDEN, {}),
    Invalid:              Row(HTTPStatus.BAD_REQUEST, {}),
    MethodNotAllowed:     Row(HTTPStatus.METHOD_NOT_ALLOWED, {}),
    UnsupportedMediaType: Row(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, {}),
    LengthRequired:       Row(HTTPStatus.LENGTH_REQUIRED, {}),
    Conflict:             Row(HTTPStatus.CONFLICT, {}),
    TooLarge:             Row(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, {}),
    TooManyAttempts:      Row(HTTPStatus.TOO_MANY_REQUESTS, {}),
    Unavailable:          Row(HTTPStatus.SERVICE_UNAVAILABLE, {"Retry-After": "10"}),
    ConfigError:          Row(HTTPStatus.INTERNAL_SERVER_ERROR, {}),
}  # fmt: skip

SAFE_HEADERS = (
    ("Cache-Control", "no-store"),
    ("X-Content-Type-Options", "nosniff"),
)


@dataclass(frozen=True, slots=True)
class ErrorAnswer:
    """A finished answer: status line, headers, body."""

    status: str
    headers: list[tuple[str, str]]
    body: bytes


def answer(error: KallitheaError, *, realm: str, kind: Kind | None) -> ErrorAnswer:
    """The answer that tells a client what was wrong. `kind` is what the client speaks, as far as known."""
    row = row_of(type(error))
    headers = dict(row.headers)
    if row.status is HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = f'Basic realm="{_quotable(realm)}", charset="UTF-8"'
    if isinstance(error, MethodNotAllowed):
        headers["Allow"] = error.allowed
    if isinstance(error, TooManyAttempts):
        headers["Retry-After"] = str(error.wait)
    # git shows its user the standard phrase of what is not 401 or 404, with its own sentence around it.
    reason = phrase(" ".join(error.lines)) if kind is Kind.HG else row.status.phrase
    return finished(f"{row.status.value} {reason}", error.lines, headers)


def defect(incident: str) -> ErrorAnswer:
    """The answer when we are to blame."""
    status = HTTPStatus.INTERNAL_SERVER_ERROR
    lines = [f"The server failed (incident {incident}).", "Its administrator finds the reason in the log under this number."]
    return finished(f"{status.value} {status.phrase}", lines, {})


def finished(status: str, lines: list[str], headers: Mapping[str, str]) -> ErrorAnswer:
    body = "".join(f"{line}\n" for line in lines).encode()
    basics = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(body)))]
    return ErrorAnswer(status, [*basics, *headers.items(), *SAFE_HEADERS], body)


def row_of(error: type[KallitheaError]) -> Row:
    """The row of an error class, or of the nearest class above it."""
    return next(STATUS[above] for above in error.__mro__ if above in STATUS)


def phrase(text: str) -> str:
    """The text as a reason phrase: one line of ASCII (RFC 9112, section 4, and what WSGI servers take)."""
    line = "".join(character if " " <= character <= "~" else "?" for character in " ".join(text.split()))
    return line[:LONGEST_REASON]


def _quotable(realm: str) -> str:
    return phrase(realm).replace("\\", "").replace('"', "'")
