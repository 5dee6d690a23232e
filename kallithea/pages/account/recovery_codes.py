"""Recovery codes, the only time they are shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kallithea.pages.account.sections import account_sections
from kallithea.pages.parts import Tab, one_line
from kallithea.pages.urls import Urls


@dataclass(frozen=True, slots=True)
class RecoveryCodesPage:
    """`text` is all codes for the clipboard."""

    sections: tuple[Tab, ...]
    account: str
    codes: tuple[str, ...]
    text: str
    done_url: str


def recovery_codes_page(urls: Urls, *, codes: Sequence[str], account: str) -> RecoveryCodesPage:
    """The page with new codes."""
    return RecoveryCodesPage(
        account_sections(urls, "security"), one_line(account), tuple(codes), "\n".join(codes), urls.security()
    )
