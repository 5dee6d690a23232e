"""Pictures of people come from here, unless the administrator wants it otherwise."""

from __future__ import annotations

import hashlib

import pytest

from kallithea.config.settings import Settings
from kallithea.controllers.scope_wrapper import security_headers
from kallithea.controllers.visit import WebSettings
from kallithea.lib.errors import ConfigError
from kallithea.pages.faces import Faces

GRAVATAR = "https://secure.gravatar.com/avatar/{md5email}?d=identicon&s={size}"
BASE = {"repos_path": "/r", "cache_dir": "/c", "sqlalchemy.url": "sqlite:////x", "session.secret": "0123456789abcdef"}


def test_usually_nobody_else_is_asked() -> None:
    assert Faces().of("ann@example.com") is None
    assert Settings.from_conf({}, BASE).use_gravatar is False


def test_other_site_is_asked_by_a_digest_of_the_address() -> None:
    digest = hashlib.md5(b"ann@example.com", usedforsecurity=False).hexdigest()

    assert Faces(elsewhere=GRAVATAR).of(" Ann@Example.com ") == f"https://secure.gravatar.com/avatar/{digest}?d=identicon&s=64"


def test_own_picture_comes_first_and_who_has_no_address_has_none() -> None:
    faces = Faces({"ann@example.com": "/p"}, GRAVATAR)

    assert (faces.of("ANN@example.com"), faces.of("")) == ("/p", None)


def test_address_cannot_leave_its_place() -> None:
    assert Faces(elsewhere="https://x.example/{email}").of('../{size}"@x?') == "https://x.example/..%2F%7Bsize%7D%22%40x%3F"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "javascript:alert(1)",
        "https://{email}.example/",
        "https://x.example/{netloc}",
        "//x.example/{email}",
        "https://x y/",
    ],
)
def test_address_that_cannot_be_used_stops_the_start(url: str) -> None:
    with pytest.raises(ConfigError):
        Settings.from_conf({}, {**BASE, "gravatar_url": url})


def web_settings(gravatar: str) -> WebSettings:
    return WebSettings("x", "1", "", "c", "s", 1, 1, 1, strict_transport=False, debug=False, gravatar=gravatar)


@pytest.mark.parametrize(
    ("gravatar", "images"),
    [("", "img-src 'self' data:;"), (GRAVATAR, "img-src 'self' https://secure.gravatar.com data:;")],
)
def test_pages_may_load_pictures_from_that_host_and_no_other(gravatar: str, images: str) -> None:
    policy = security_headers(web_settings(gravatar))["Content-Security-Policy"]

    assert images in policy
    assert policy.count("https:") == (1 if gravatar else 0)
