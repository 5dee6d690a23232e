"""A small client for HTTP that sends exactly what it is told to."""

from __future__ import annotations

import http.client
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

PATIENCE = 30.0
"""Seconds for an answer."""
LARGEST = 4 << 20
"""Bytes of an answer that are read."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; names of headers are in small letters."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")

    def header(self, name: str) -> str:
        return self.headers.get(name, "")


class Web:
    """One site, by its address without a slash at the end. It follows no redirects, and uses no proxy of the environment."""

    def __init__(self, site: str) -> None:
        self.site = site.rstrip("/")
        self._parts = urlsplit(self.site)

    @property
    def path(self) -> str:
        """What stands before all addresses of a site below a path."""
        return self._parts.path

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> Answer:
        """The answer for a path that begins with a slash, sent as it is. Raises OSError where nothing answers."""
        return self.ask("GET", path, headers)

    def ask(self, method: str, path: str, headers: Mapping[str, str] | None = None, body: bytes = b"") -> Answer:
        """The same with any method and a body."""
        connection = self._connection()
        try:
            connection.putrequest(method, self._parts.path + path, skip_accept_encoding=True)
            for name, value in {"User-Agent": "kallithea-self-check", **(headers or {})}.items():
                connection.putheader(name, value)
            if body or method != "GET":
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body or None)
            response = connection.getresponse()
            found = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, found, response.read(LARGEST))
        except http.client.HTTPException as error:
            raise OSError(f"no proper answer: {type(error).__name__}") from error
        finally:
            connection.close()

    def _connection(self) -> http.client.HTTPConnection:
        host, port = self._parts.hostname or "", self._parts.port
        if self._parts.scheme == "https":
            return http.client.HTTPSConnection(host, port, timeout=PATIENCE, context=ssl.create_default_context())
        return http.client.HTTPConnection(host, port, timeout=PATIENCE)
