"""A real provider of OpenID Connect of the tests' own, and somebody's browser at it."""

from __future__ import annotations

import http.client
import json
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.ports import free_port

HERE = Path(__file__).resolve().parent
SITE = "http://localhost"
CLIENT, SECRET = "kallithea of the tests", "a secret: of + the & tests"


@dataclass
class Provider:
    """A running provider; its people are named by their subject."""

    port: int
    secret: str = field(repr=False)

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def frida(self) -> str:
        """The name of its first person. Each provider knows its own: the accounts of one are refused to another."""
        return f"frida{self.port}"

    @property
    def greta(self) -> str:
        """The name of its second person, whose address nobody verified."""
        return f"greta{self.port}"

    @property
    def people(self) -> Mapping[str, Mapping[str, object]]:
        """What it says of each, by subject."""
        return {
            "1": {
                "preferred_username": f"{self.frida}@example.com",
                "name": "Frida Example",
                "email": f"{self.frida}@example.com",
                "email_verified": True,
                "groups": ["makers", "testers"],
            },
            "2": {"preferred_username": self.greta, "email": "victim@example.com", "email_verified": False},
            "3": {"preferred_username": "site-administrator", "email": "other@example.com", "email_verified": True},
            "4": {"name": "No Name"},
        }

    def settings(self, **more: str) -> dict[str, str]:
        """What makes the source use this provider."""
        return {
            "new_people": "create",
            "title": "the house next door",
            "issuer": self.issuer,
            "client_id": CLIENT,
            "client_secret": self.secret,
            "short_name": "true",
            "scopes": "openid profile email groups",
            "groups_claim": "groups",
            "end_session": "true",
            **more,
        }

    def answers(self, url: str, login: str) -> str:
        """Where it sends the browser of somebody who was sent to it with this address; with an empty login they say no."""
        cookies: dict[str, str] = {}
        for _ in range(10):
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
            parts = urlsplit(url)
            headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items()), "X-Login": login}
            connection.request("GET", f"{parts.path}?{parts.query}", headers=headers)
            answer = connection.getresponse()
            body = answer.read().decode()
            for line in answer.headers.get_all("Set-Cookie") or ():
                cookies.update({name: morsel.value for name, morsel in SimpleCookie(line).items()})
            connection.close()
            url = answer.headers["Location"] or ""
            assert url, f"{answer.status}: {body}"
            if url.startswith("/"):
                url = self.issuer + url
            if not url.startswith(self.issuer):
                return url
        raise AssertionError("the provider leads in a circle")


@contextmanager
def running_provider(*, secret: str = SECRET) -> Iterator[Provider]:
    """A provider on a free port; skips the test where it is not installed."""
    node = shutil.which("node")
    if node is None or not (HERE.parents[1] / "node_modules" / "oidc-provider").is_dir():
        pytest.skip("oidc-provider is not installed: npm ci")
    provider = Provider(free_port(), secret)
    settings = {"port": provider.port, "site": SITE, "people": provider.people, "client": CLIENT, "secret": secret}
    process = subprocess.Popen(
        [node, str(HERE / "provider.mjs"), json.dumps(settings)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith("listening"):
                break
        else:
            raise AssertionError("the provider does not start")
        yield provider
    finally:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()
