"""Small JSON documents of another server, over https."""

from __future__ import annotations

import json
import logging
import urllib.error
import urllib.request
from collections.abc import Mapping
from http.client import HTTPException
from typing import Any
from urllib.parse import urlsplit

from kallithea.lib.errors import Unavailable

log = logging.getLogger(__name__)

MOST = 1 << 20
"""Bytes of an answer."""
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class Refused(Exception):
    """The other server said no; `said` is the JSON object it said that with, possibly empty."""

    def __init__(self, status: int, said: Mapping[str, Any]) -> None:
        super().__init__(f"status {status}")
        self.status = status
        self.said = said


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """Or what is secret is sent on to wherever an answer points."""

    def redirect_request(self, *_args: Any, **_options: Any) -> None:
        return None


_OPENER = urllib.request.build_opener(_NoRedirects)


def is_safe(url: str) -> bool:
    """Whether an address is one of https with a host and without a password, or of this machine itself."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return False
    scheme_fits = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
    return bool(
        scheme_fits and parts.hostname and parts.username is None and url.isascii() and url.isprintable() and " " not in url
    )


def fetch(url: str, *, form: bytes | None = None, headers: Mapping[str, str] | None = None, patience: float) -> dict[str, Any]:
    """The JSON object at an address; a form is posted. Raises Unavailable, Refused for an answer of 400 to 499."""
    if not is_safe(url):
        raise _unavailable(url, "the address is not one of https")
    request = urllib.request.Request(url, data=form, headers={"Accept": "application/json", **(headers or {})})  # noqa: S310 - is_safe
    try:
        with _OPENER.open(request, timeout=patience) as answer:
            return _object(answer.read(MOST + 1), url)
    except urllib.error.HTTPError as error:
        if 400 <= error.code < 500:
            raise Refused(error.code, _told(error)) from error
        raise _unavailable(url, f"status {error.code}") from error
    except (OSError, HTTPException) as error:
        raise _unavailable(url, str(error)) from error


def _told(error: urllib.error.HTTPError) -> dict[str, Any]:
    try:
        return _object(error.read(MOST), error.url or "")
    except (Unavailable, OSError, HTTPException):
        return {}


def _object(raw: bytes, url: str) -> dict[str, Any]:
    if len(raw) > MOST:
        raise _unavailable(url, "the answer is too long")
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise _unavailable(url, "the answer is no JSON") from error
    if not isinstance(found, dict):
        raise _unavailable(url, "the answer is no JSON object")
    return found


def _unavailable(url: str, reason: str) -> Unavailable:
    log.warning("The identity provider cannot be asked at %s: %s", url, reason)
    return Unavailable("The other site that knows you cannot be asked at the moment.", hint="Try again in a minute.")
