"""What every template knows beside its page: the instance, and who looks at it."""

from __future__ import annotations

from dataclasses import dataclass

from kallithea.lib.visible import visible_text
from kallithea.pages.urls import Urls

CSRF_FIELD = "_session_csrf_secret_token"


class VisitorForm:
    """A page with a form for people who are not signed in: only there they get the cookie that their form needs."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Notice:
    """One sentence about what just happened; `is_error` when it did not."""

    text: str
    is_error: bool = False


@dataclass(frozen=True, slots=True)
class Site:
    """The frame of every page. Links that the visitor may not follow are None."""

    title: str
    version: str | None
    visitor: str | None
    is_administrator: bool
    csrf_field: str
    csrf_token: str
    assets_url: str
    home_url: str
    sign_in_url: str | None
    sign_out_url: str | None
    account_url: str | None
    create_repository_url: str | None
    administration_url: str | None
    notices: tuple[Notice, ...] = ()
    address: str = ""
    """Scheme, host and path of the site, without a slash at its end."""
    zone: str = ""
    """The time zone that the visitor chose; empty: scripts take that of the browser."""


def site(
    urls: Urls,
    *,
    title: str,
    version: str | None,
    visitor: str | None,
    csrf_token: str,
    is_administrator: bool = False,
    may_create_repository: bool = False,
    came_from: str = "",
    notices: tuple[Notice, ...] = (),
    address: str = "",
    zone: str = "",
) -> Site:
    """The frame for one visitor (None: not signed in); `came_from` is where signing in leads back to."""
    return Site(
        title=visible_text(title),
        version=version,
        visitor=visitor,
        is_administrator=is_administrator,
        csrf_field=CSRF_FIELD,
        csrf_token=csrf_token,
        assets_url=urls.assets(),
        home_url=urls.home(),
        sign_in_url=urls.login(came_from=came_from) if visitor is None else None,
        sign_out_url=urls.logout() if visitor is not None else None,
        account_url=urls.my_account() if visitor is not None else None,
        administration_url=urls.administration() if is_administrator else None,
        create_repository_url=urls.create_repository() if may_create_repository else None,
        notices=tuple(Notice(visible_text(notice.text), notice.is_error) for notice in notices),
        address=address,
        zone=zone,
    )
