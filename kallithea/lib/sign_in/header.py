"""People whom a web server or proxy in front has recognised already; it says who they are in each request.

Which header names the person is the setting `remote_user_header` of the ini file, beside the list of proxies that are believed.
Here is what else they say.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from kallithea.lib.sign_in.options import option
from kallithea.lib.sign_in.sources import LONGEST_SUBJECT, RequestSource, SourceSettings, VerifiedPerson


def _header(text: str) -> str | None:
    return None if re.fullmatch(r"[A-Za-z][A-Za-z0-9-]{0,99}", text) else "This is not the name of a header."


@dataclass(frozen=True)
class HeaderSettings(SourceSettings):
    """What `/_admin/auth/settings/header` asks for."""

    clean_username: bool = option(
        "Short names", r"Make alice of DOMAIN\alice and alice@REALM, where a new account gets its name.", default=True
    )
    email_header: str = option(
        "Header of the e-mail address", "Such as X-Forwarded-Email; empty: none.", default="", check=_header
    )
    name_header: str = option("Header of the name", "Such as X-Forwarded-Name; empty: none.", default="", check=_header)
    groups_header: str = option(
        "Header of the groups", "Names with commas between them, such as X-Forwarded-Groups has; empty: none.",
        default="", check=_header,
    )  # fmt: skip


class HeaderSource(RequestSource):
    """`header` in the list of sources."""

    name = "header"
    title = "The web server in front"
    about = "A proxy or web server has people sign in, and says in a header of each request who they are."
    settings = HeaderSettings

    def __init__(self, settings: HeaderSettings) -> None:
        self._settings = settings

    def recognise(self, user: str, headers: Mapping[str, str]) -> VerifiedPerson | None:
        # Two headers of one name arrive as one with a comma: whose was the first?
        if not user or len(user) > LONGEST_SUBJECT or not user.isprintable() or "," in user:
            return None
        groups = headers.get(self._settings.groups_header.lower())
        return VerifiedPerson(
            # As it was said: alice of one domain is not alice of another.
            subject=user,
            name=short_name(user) if self._settings.clean_username else user,
            email=headers.get(self._settings.email_header.lower(), ""),
            full_name=headers.get(self._settings.name_header.lower(), ""),
            groups=None if groups is None else frozenset(name for part in groups.split(",") if (name := part.strip())),
        )


def short_name(user: str) -> str:
    r"""`alice` of `DOMAIN\alice` and of `alice@REALM`."""
    return user.rpartition("\\")[2].partition("@")[0]
