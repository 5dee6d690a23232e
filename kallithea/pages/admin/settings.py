"""What administrators set while the server runs, and what the ini file says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kallithea.pages.admin.sections import admin_sections
from kallithea.pages.parts import Choice, Tab, choices, one_line
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
    """The switch posts `public_access`, yes or no. `ini_file` is empty where there is none."""

    sections: tuple[Tab, ...]
    public_access: tuple[Choice, ...]
    public_access_url: str
    lines: tuple[IniLine, ...]
    ini_file: str


def site_settings_page(urls: Urls, *, public_access: bool, values: Sequence[IniValue], ini_file: str) -> SiteSettingsPage:
    """The switch, and every setting of the ini file as it counts."""
    answers = (("yes", "Visitors see what “anyone” may see"), ("no", "Everybody has to sign in"))
    return SiteSettingsPage(
        sections=admin_sections(urls, "settings"),
        public_access=choices(answers, "yes" if public_access else "no"),
        public_access_url=urls.administration("settings/public_access"),
        lines=tuple(IniLine(value.name, one_line(value.value), one_line(value.help), value.is_default) for value in values),
        ini_file=one_line(ini_file),
    )
