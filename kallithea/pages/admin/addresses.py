"""From where people may come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kallithea.pages.admin.permission_parts import permission_parts
from kallithea.pages.admin.sections import admin_sections
from kallithea.pages.parts import Link, Tab, one_line, shown_errors
from kallithea.pages.urls import Urls


@dataclass(frozen=True, slots=True)
class AddressesPage:
    """Saving posts `networks`, one a line, and `who`, a user name, or nothing for everybody without an own list."""

    sections: tuple[Tab, ...]
    tabs: tuple[Tab, ...]
    title: str
    who: str
    networks: str
    own_address: str
    personal: tuple[Link, ...]
    errors: Mapping[str, str]
    save_url: str
    find_url: str


def addresses_page(
    urls: Urls,
    *,
    who: str,
    networks: str,
    own_address: str,
    personal: Sequence[str],
    errors: Mapping[str, str] | None = None,
) -> AddressesPage:
    """The list of everybody, or of `who`; `personal` names those who have an own one."""
    return AddressesPage(
        sections=admin_sections(urls, "permissions"),
        tabs=permission_parts(urls, "Addresses"),
        title=f"From where {one_line(who)} may come" if who else "From where people may come",
        who=who,
        networks=networks,
        own_address=one_line(own_address) or "an unknown address",
        personal=tuple(Link(one_line(name), urls.site_addresses(who=name)) for name in personal),
        errors=shown_errors(errors),
        save_url=urls.site_addresses(),
        find_url=urls.site_addresses(),
    )
