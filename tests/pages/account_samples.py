"""Pages about accounts before and beside signing in: mail, registration, invitations."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from kallithea.pages.account.emails import AddressItem, my_emails_page
from kallithea.pages.admin.invitations import InvitationItem, NewInvitationValues, invitations_page
from kallithea.pages.admin.mail import MailItem, OutboxState, mail_page
from kallithea.pages.admin.registrations import RegistrationItem, registrations_page
from kallithea.pages.confirmation import confirmation_page, link_is_over_page
from kallithea.pages.done import SAID, done_page
from kallithea.pages.invitation import InvitationValues, invitation_page
from kallithea.pages.password_reset import password_reset_page
from kallithea.pages.password_reset_confirmation import password_reset_confirmation_page
from kallithea.pages.register import RegistrationValues, register_page
from kallithea.pages.urls import Urls
from kallithea.services.site_settings import RegistrationMode

PASSWORDS = ("password", "password_confirmation", "password_confirm")


def account_samples(urls: Urls, noon: datetime, evil: str) -> dict[str, Callable[[], object]]:
    """Each page on a good day, empty, and with everything that a hostile person would put in it."""
    bad = dict.fromkeys(("username", "display_name", "email", *PASSWORDS), evil)
    refused = "The mail server said: 550 no such user here"
    mails = [
        MailItem(3, "Choose a new password", "alice@example.com", "waiting", noon, noon, None, 0, None),
        MailItem(2, "A test", "nobody@example.com", "failed", noon, None, None, 2, refused),
        MailItem(1, "A test", "bob@example.com", "sent", noon, None, noon, 1, None),
    ]
    return {
        **{f"done, {what}": lambda what=what: done_page(urls, what) for what in SAID},  # type: ignore[misc] # the loop's value
        "done, hostile": lambda: done_page(urls, next(iter(SAID))),
        "password reset": lambda: password_reset_page(urls, is_offered=True),
        "password reset, not offered": lambda: password_reset_page(urls, is_offered=False),
        "password reset, hostile": lambda: password_reset_page(urls, is_offered=True, email=evil, errors={"email": evil}),
        "new password": lambda: password_reset_confirmation_page(urls, token="abc", username="alice"),
        "new password, over": lambda: password_reset_confirmation_page(urls, token="abc", username=None),
        "new password, hostile": lambda: password_reset_confirmation_page(urls, token=evil, username=evil, errors=bad),
        "confirmation": lambda: confirmation_page(
            title="Confirm your registration", text="You registered bob.", button="Confirm", action="/x", token="abc"
        ),
        "confirmation, over": lambda: link_is_over_page(urls, "Register once more."),
        "confirmation, hostile": lambda: confirmation_page(title="T", text=evil, button="Confirm", action="/x", token=evil),
        "register": lambda: register_page(urls, mode=RegistrationMode.OPEN),
        "register, by approval": lambda: register_page(urls, mode=RegistrationMode.APPROVAL, error="Wait an hour."),
        "register, off": lambda: register_page(urls, mode=RegistrationMode.OFF),
        "register, hostile": lambda: register_page(
            urls, mode=RegistrationMode.OPEN, values=RegistrationValues(evil, evil, evil), errors=bad, error=evil
        ),
        "invitation": lambda: invitation_page(urls, token="abc", email="bob@example.com"),
        "invitation, over": lambda: invitation_page(urls, token="", email=None),
        "invitation, hostile": lambda: invitation_page(
            urls, token=evil, email=evil, values=InvitationValues(evil, evil), errors=bad, error=evil
        ),
        "addresses": lambda: my_emails_page(
            urls,
            primary="alice@example.com",
            further=[AddressItem(1, "alice@example.org", noon), AddressItem(2, "a.adams@example.net", noon)],
            waiting=[AddressItem(1, "new@example.com", noon)],
            can_add=True,
        ),
        "addresses, one": lambda: my_emails_page(urls, primary="alice@example.com", can_add=False),
        "addresses, no password here": lambda: my_emails_page(
            urls,
            primary="alice@example.com",
            further=[AddressItem(1, "alice@example.org", noon)],
            can_add=True,
            has_password=False,
            errors={"current_password": "Sign out and in again."},
        ),
        "addresses, hostile": lambda: my_emails_page(
            urls,
            primary=evil,
            further=[AddressItem(1, evil, noon)],
            waiting=[AddressItem(1, evil, noon)],
            can_add=True,
            typed=evil,
            errors={"new_email": evil, "current_password": evil, "primary_password": evil},
        ),
        "mail": lambda: mail_page(
            urls, outbox=OutboxState(True), mails=mails, letters={"test": "A test"}, typed="a@example.com"
        ),
        "mail, server away": lambda: mail_page(
            urls, outbox=OutboxState(True, "The mail server cannot be used.", noon), mails=mails[:1], state="waiting"
        ),
        "mail, none failed": lambda: mail_page(urls, outbox=OutboxState(True), mails=[], state="failed"),
        "mail, not set up": lambda: mail_page(urls, outbox=OutboxState(False), mails=[]),
        "mail, hostile": lambda: mail_page(
            urls,
            outbox=OutboxState(True, evil, noon),
            mails=[MailItem(1, evil, evil, "failed", noon, None, None, 8, evil)],
            typed=evil,
            errors={"test_email": evil},
        ),
        "registrations": lambda: registrations_page(
            urls,
            mode="approval",
            has_mail=True,
            waiting=[
                RegistrationItem(1, "bob", "Bob B.", "bob@example.com", "192.0.2.1", noon, True),
                RegistrationItem(2, "carol", "", "carol@example.com", "2001:db8::1", noon, False),
            ],
        ),
        "registrations, none": lambda: registrations_page(urls, mode="off", has_mail=False, waiting=[]),
        "registrations, hostile": lambda: registrations_page(
            urls, mode=evil, has_mail=True, waiting=[RegistrationItem(1, evil, evil, evil, evil, noon, False)], error=evil
        ),
        "invitations": lambda: invitations_page(
            urls,
            can_invite=True,
            open_invitations=[
                InvitationItem(1, "bob@example.com", "alice", "team", "web/shop", "write", noon),
                InvitationItem(2, "carol@example.com", "alice", None, None, "none", noon),
            ],
        ),
        "invitations, none": lambda: invitations_page(urls, can_invite=False),
        "invitations, hostile": lambda: invitations_page(
            urls,
            can_invite=True,
            open_invitations=[InvitationItem(1, evil, evil, evil, evil, "read", noon)],
            values=NewInvitationValues(evil, evil, evil, evil),
            errors=dict.fromkeys(("email", "user_group", "path", "access"), evil),
        ),
    }
