"""People of the machine itself, as its Pluggable Authentication Modules know them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from kallithea.lib.errors import Unavailable
from kallithea.lib.sign_in.options import option
from kallithea.lib.sign_in.sources import PasswordSource, SourceSettings, VerifiedPerson

LONGEST_PASSWORD = 500
"""Characters; PAM's own limit is PAM_MAX_RESP_SIZE, 512 bytes (security/_pam_types.h)."""
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@\\-]{0,99}")

# What says something about the person (security/_pam_types.h): PAM_PERM_DENIED, PAM_AUTH_ERR, PAM_CRED_INSUFFICIENT,
# PAM_USER_UNKNOWN, PAM_MAXTRIES, PAM_NEW_AUTHTOK_REQD, PAM_ACCT_EXPIRED, PAM_CRED_UNAVAIL, PAM_CRED_EXPIRED,
# PAM_AUTHTOK_EXPIRED. All others say that PAM does not work.
_REFUSALS = frozenset({6, 7, 8, 10, 11, 12, 13, 15, 16, 27})


def _service(text: str) -> str | None:
    return None if re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}", text) else "This is not the name of a service."


@dataclass(frozen=True)
class PamSettings(SourceSettings):
    """What `/_admin/auth/settings/pam` asks for."""

    service: str = option(
        "Service",
        "The file in /etc/pam.d that says how people prove who they are.",
        default="login",
        needed=True,
        check=_service,
    )
    lowest_uid: int = option(
        "Lowest number", "Accounts of the machine with a lower number, such as root, cannot sign in.", default=1000
    )
    synchronise_groups: bool = option("Groups", "Tell which groups of the machine people are in.", default=False)


class PamSource(PasswordSource):
    """`pam` in the list of sources."""

    name = "pam"
    title = "PAM"
    about = "People sign in with the name and the password that they have on this machine."
    settings = PamSettings
    modules = ("pam", "pwd")
    extra = "pam"

    def __init__(self, settings: PamSettings) -> None:
        self._settings = settings

    def verify(self, name: str, password: str) -> VerifiedPerson | None:
        login = name.strip()
        if not _NAME.fullmatch(login) or not password or len(password) > LONGEST_PASSWORD or "\0" in password:
            return None
        # Asked also about those who may not sign in, which takes as long as for those who may.
        return self._person(login) if self._opens(login, password) else None

    def _opens(self, login: str, password: str) -> bool:
        import pam

        try:
            asked = pam.PamAuthenticator()
            # No credentials are set: they would be those of the whole server.
            if asked.authenticate(login, password, service=self._settings.service, resetcreds=False):
                return True
        except (OSError, AttributeError) as error:  # no libpam on this machine
            raise _unavailable() from error
        if asked.code in _REFUSALS:
            return False
        raise _unavailable()

    def _person(self, login: str) -> VerifiedPerson | None:
        import grp
        import os
        import pwd

        wants_groups = self._settings.synchronise_groups
        try:
            known = pwd.getpwnam(login)
        except KeyError:  # PAM may know people whom the machine does not
            return VerifiedPerson(login, login, groups=frozenset() if wants_groups else None)
        if known.pw_uid < self._settings.lowest_uid:
            return None
        groups = None
        if wants_groups:
            numbers = set(os.getgrouplist(known.pw_name, known.pw_gid))
            groups = frozenset(group.gr_name for group in grp.getgrall() if group.gr_gid in numbers)
        # The name as the machine spells it: some modules take it in any case.
        return VerifiedPerson(known.pw_name, known.pw_name, full_name=known.pw_gecos.partition(",")[0].strip(), groups=groups)


def _unavailable() -> Unavailable:
    return Unavailable("This machine cannot check passwords at the moment.", hint="Try again in a minute.")
