"""What the forms for tokens of people and of repositories have in common."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from kallithea.lib.access import Access
from kallithea.lib.errors import Invalid
from kallithea.pages.token_parts import EXPIRES, EXPIRES_USUALLY

_ACCESS = {access.word: access for access in Access if access > Access.NONE}


@dataclass(frozen=True, slots=True)
class RevokeTokenForm:
    token_id: str

    @property
    def number(self) -> int:
        """Raises Invalid for what is no number of a token."""
        text = self.token_id
        if not (text.isascii() and text.isdigit() and len(text) < 16):
            raise Invalid("There is no such token.")
        return int(text)


@dataclass(frozen=True, slots=True)
class NewTokenForm:
    """`expires` is a number of days that the form offers, or `never`."""

    name: str
    access: str = Access.READ.word
    expires: str = EXPIRES_USUALLY

    @property
    def wanted_access(self) -> Access:
        """Raises Invalid."""
        if self.access not in _ACCESS:
            reason = "Choose one of these."
            raise Invalid(reason, fields={"access": reason})
        return _ACCESS[self.access]

    @property
    def lifetime(self) -> timedelta | None:
        """None: never. Raises Invalid for what the form does not offer."""
        if self.expires not in dict(EXPIRES):
            reason = "Choose one of these."
            raise Invalid(reason, fields={"expires": reason})
        return None if self.expires == "never" else timedelta(days=int(self.expires))
