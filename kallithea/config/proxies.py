"""What reverse proxies say about the visitor, believed only from those that are listed.

Facts: X-Forwarded-For has the client first and each proxy appended what it saw; so the address to believe is the last one that
is not a listed proxy itself.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Sequence
from typing import Any

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_.-]+)(:[0-9]{1,5})?")


class TrustedProxies:
    """WSGI middleware: corrects address, scheme and host for requests that come through a listed proxy."""

    def __init__(self, application: Any, *, trusted: Sequence[Network], force_https: bool) -> None:
        self._application = application
        self._trusted = tuple(trusted)
        self._force_https = force_https

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if self._trusted and self._is_trusted(environ.get("REMOTE_ADDR", "")):
            self._believe(environ)
        if self._force_https:
            environ["wsgi.url_scheme"] = "https"
        answer: Iterable[bytes] = self._application(environ, start_response)
        return answer

    def _believe(self, environ: dict[str, Any]) -> None:
        seen = [text.strip() for text in environ.get("HTTP_X_FORWARDED_FOR", "").split(",") if text.strip()]
        client = next((text for text in reversed(seen) if not self._is_trusted(text)), seen[0] if seen else "")
        if _is_address(client):
            environ["REMOTE_ADDR"] = client
        scheme = environ.get("HTTP_X_FORWARDED_PROTO", "").strip().lower()
        if scheme in ("http", "https"):
            environ["wsgi.url_scheme"] = scheme
        host = environ.get("HTTP_X_FORWARDED_HOST", "").rpartition(",")[2].strip()
        if _HOST.fullmatch(host):
            environ["HTTP_HOST"] = host

    def _is_trusted(self, text: str) -> bool:
        if not _is_address(text):
            return False
        address = ipaddress.ip_address(text)
        if address.version == 6 and address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        return any(address in network for network in self._trusted)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
