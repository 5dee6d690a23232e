"""What the ini file says, and where administrators set what counts while the server runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kallithea.pages.admin.sections import admin_sections
from kallithea.pages.parts import Tab, one_line
from kallithea.pages.urls import Urls
from kallithea.services.system import IniValue


@dataclass(frozen=True, slots=True)
class IniLine:
    name: str
    value: str
    help: str
    is_default: bool


@dataclass(frozen=True, slots=True)
class SiteSettingsPage:
    """`ini_file` is empty where there is none."""

    sections: tuple[Tab, ...]
    permissions_url: str
    lines: tuple[IniLine, ...]
    ini_file: str


def site_settings_page(urls: Urls, *, values: Sequence[IniValue], ini_file: str) -> SiteSettingsPage:
    """Every setting of the ini file as it counts."""
    return SiteSettingsPage(
        sections=admin_sections(urls, "settings"),
        permissions_url=urls.administration("permissions"),
        lines=tuple(IniLine(value.name, one_line(value.value), one_line(value.help), value.is_default) for value in values),
        ini_file=one_line(ini_file),
    )
