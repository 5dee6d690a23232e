"""Making oneself an account."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kallithea.pages.parts import one_line, shown_errors
from kallithea.pages.site import VisitorForm
from kallithea.pages.urls import Urls
from kallithea.services.site_settings import RegistrationMode


@dataclass(frozen=True, slots=True)
class RegistrationValues:
    """What was typed into the form, to show it again."""

    username: str = ""
    email: str = ""
    display_name: str = ""


@dataclass(frozen=True, slots=True)
class RegisterPage(VisitorForm):
    """`errors` go by field name, `error` is about the whole."""

    is_offered: bool
    needs_approval: bool
    action: str
    values: RegistrationValues
    errors: Mapping[str, str]
    error: str | None
    sign_in_url: str


def register_page(
    urls: Urls,
    *,
    mode: RegistrationMode,
    values: RegistrationValues = RegistrationValues(),
    errors: Mapping[str, str] | None = None,
    error: str | None = None,
) -> RegisterPage:
    """The form, or what to do instead where nobody may register."""
    return RegisterPage(
        is_offered=mode is not RegistrationMode.OFF,
        needs_approval=mode is RegistrationMode.APPROVAL,
        action=urls.register(),
        values=values,
        errors=shown_errors(errors),
        error=one_line(error) if error else None,
        sign_in_url=urls.login(),
    )
