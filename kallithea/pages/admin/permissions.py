"""What holds everywhere: public access, and what something new begins with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kallithea.pages.admin.permission_parts import permission_parts
from kallithea.pages.admin.sections import admin_sections
from kallithea.pages.parts import Choice, Tab, choices, shown_errors
from kallithea.pages.urls import Urls

READERS = (("anyone", "anyone, visitors too"), ("members", "every member"), ("", "only its owner"))


@dataclass(frozen=True, slots=True)
class SitePermissionsPage:
    """Saving posts `anonymous`, `default_repo_private` and `default_reader`."""

    sections: tuple[Tab, ...]
    tabs: tuple[Tab, ...]
    public_access: bool
    new_are_private: bool
    readers: tuple[Choice, ...]
    errors: Mapping[str, str]
    save_url: str


def site_permissions_page(
    urls: Urls,
    *,
    public_access: bool,
    new_are_private: bool,
    new_are_read_by: str,
    errors: Mapping[str, str] | None = None,
) -> SitePermissionsPage:
    """The form; `new_are_read_by` is `anyone`, `members` or nothing."""
    return SitePermissionsPage(
        sections=admin_sections(urls, "permissions"),
        tabs=permission_parts(urls, "Everywhere"),
        public_access=public_access,
        new_are_private=new_are_private,
        readers=choices(READERS, new_are_read_by),
        errors=shown_errors(errors),
        save_url=urls.site_permissions(),
    )
