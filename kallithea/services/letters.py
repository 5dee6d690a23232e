"""What mails say. Everything that others chose, such as names, is put in as it is: the templates escape it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class LetterLink:
    """The one thing to do in a mail."""

    text: str
    url: str


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail in the making: to whom it speaks, what it says, where it leads, and what is said behind that."""

    kind: str
    subject: str
    name: str
    lines: tuple[str, ...]
    link: LetterLink | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Written:
    """A mail as it is sent: the same twice, as text and as HTML."""

    subject: str
    text: str
    html: str


NOT_ME = "If this was not you, you need not do anything: nothing changes."


def trial(name: str) -> Letter:
    """What tells that mail works."""
    return Letter("test", "A test", name, ("This mail was sent to see whether mail works. It does.",))


def password_reset(name: str, url: str) -> Letter:
    return Letter(
        "password-reset",
        "Choose a new password",
        name,
        ("Somebody, probably you, asked for a new password for your account.",),
        LetterLink("Choose a new password", url),
        ("The link works once, within an hour.", NOT_ME),
    )


def password_was_reset(name: str, *, when: str) -> Letter:
    return Letter(
        "password-changed",
        "Your password was changed",
        name,
        (
            f"The password of your account was changed at {when} with a link sent to this address.",
            "You were signed out everywhere.",
        ),
        notes=("If this was not you, tell the administrator of this server at once.",),
    )


def no_password_here(name: str) -> Letter:
    return Letter(
        "password-elsewhere",
        "Your password is not kept here",
        name,
        (
            "Somebody, probably you, asked for a new password for your account.",
            "It has no password here: you sign in with what you have elsewhere, and change it there.",
        ),
        notes=(NOT_ME,),
    )


def address_added(name: str, address: str, url: str) -> Letter:
    return Letter(
        "confirm-address",
        "Confirm your e-mail address",
        name,
        (f"The address {address} was added to your account. Confirm that it is yours.",),
        LetterLink("Confirm the address", url),
        ("The link works once, within three days.", NOT_ME),
    )


def address_is_primary(name: str, old: str, new: str, *, when: str) -> Letter:
    return Letter(
        "address-changed",
        "Your e-mail address was changed",
        name,
        (f"Mail about your account goes to {new} from now on, no longer to {old}. This was chosen at {when}.",),
        notes=("If this was not you, tell the administrator of this server at once.",),
    )


def registration(name: str, url: str) -> Letter:
    return Letter(
        "registration",
        "Confirm your registration",
        name,
        (f"Somebody, probably you, registered the name {name} with this address.",),
        LetterLink("Confirm the registration", url),
        ("The link works once, within three days.", NOT_ME),
    )


def registered_already(name: str, url: str) -> Letter:
    return Letter(
        "registration-known",
        "You have an account already",
        name,
        ("Somebody, probably you, wanted to register with this address. It belongs to your account already.",),
        LetterLink("Sign in", url),
        (NOT_ME,),
    )


def registration_waits(name: str, email: str, *, to: str, url: str) -> Letter:
    return Letter(
        "registration-waits",
        f"{name} wants an account",
        to,
        (f"{name} ({email}) registered and waits for an administrator.",),
        LetterLink("Look at the registrations", url),
    )


def registration_approved(name: str, url: str) -> Letter:
    return Letter(
        "registration-approved",
        "Your account is ready",
        name,
        (f"An administrator approved your registration. Your user name is {name}.",),
        LetterLink("Sign in", url),
    )


def invitation(invited_by: str, url: str) -> Letter:
    return Letter(
        "invitation",
        "You are invited",
        "",
        (f"{invited_by} invites you to have an account here.",),
        LetterLink("Accept the invitation", url),
        ("The link works once, within seven days.",),
    )


def samples(name: str, email: str, *, site: str, when: str) -> Mapping[str, Letter]:
    """One letter of each kind, by its kind, for administrators to try. Their links lead to the first page and open nothing."""
    some = (
        password_reset(name, site),
        password_was_reset(name, when=when),
        no_password_here(name),
        address_added(name, email, site),
        address_is_primary(name, email, email, when=when),
        registration(name, site),
        registered_already(name, site),
        registration_waits(name, email, to=name, url=site),
        registration_approved(name, site),
        invitation(name, site),
    )
    tried = (replace(one, notes=(*one.notes, "This is a test: nothing of it has happened.")) for one in some)
    return {one.kind: one for one in (trial(name), *tried)}
