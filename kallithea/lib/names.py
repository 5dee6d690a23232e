"""Names of repositories, groups and people: refused with a reason, never rewritten."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from kallithea.lib.errors import Invalid
from kallithea.lib.visible import HIDDEN

MAX_PATH = 255
"""Characters of a whole path."""

MAX_USER_GROUP_NAME = 100
RESERVED_FIRST_PARTS = frozenset({"robots.txt", "favicon.ico", "about", "my_pullrequests"})
RESERVED_USER_NAMES = frozenset({"default", "new_user", "anyone", "members", "anonymous", "system", "token"})

_USER_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9\-_.]*", re.ASCII)
# Letters of one alphabet: else two groups could look alike, and something be granted to the wrong one.
_USER_GROUP_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_\-.@+ ]*", re.ASCII)
_EMAIL = re.compile(r"[^\s@<>\"(),:;\\\[\]]+@[^\s@<>\"(),:;\\\[\]]+")
MAX_DISPLAY_NAME = 100
NOBODYS_DOMAIN = "invalid"
"""RFC 2606: an address below it belongs to nobody ever."""
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_NOT_IN_NAMES = frozenset('@<>"/\\')
# Alphabets that share shapes (Unicode Technical Standard 39), as the names of their letters begin.
_LOOKING_ALIKE = frozenset(
    {"LATIN", "GREEK", "CYRILLIC", "ARMENIAN", "COPTIC", "CHEROKEE", "LISU", "FULLWIDTH", "MATHEMATICAL"}
)
_FORBIDDEN_CHARACTERS = frozenset('\\:*?"<>|%#')
# Device names of Windows: no checkout of a folder of that name would work there.
_DEVICES = frozenset({"con", "prn", "aux", "nul", *(f"{device}{n}" for device in ("com", "lpt") for n in range(10))})


def path_key(path: str) -> str:
    """What makes two paths the same: NFC and case folded, since file systems and people mix them up."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).casefold())


def is_reserved(first_part: str) -> bool:
    """Whether the first part of an address belongs to the application itself."""
    return first_part.startswith(("_", ".")) or first_part.casefold() in RESERVED_FIRST_PARTS


@dataclass(frozen=True, slots=True)
class NamespacePath:
    """The path of a repository or group, such as `web/shop`: NFC, parts divided by `/`."""

    text: str

    @classmethod
    def parse(cls, text: str, *, field: str = "repo_name") -> NamespacePath:
        """A path that may be created. Raises Invalid with the reason."""
        path = unicodedata.normalize("NFC", text.strip())
        reason = _why_not(path)
        if reason:
            raise Invalid(reason, fields={field: reason})
        return cls(path)

    @classmethod
    def adopt(cls, text: str) -> NamespacePath:
        """A path that exists on disk already and need only be addressable. Raises Invalid with the reason."""
        path = unicodedata.normalize("NFC", text)
        reason = _why_not_addressable(path)
        if reason:
            raise Invalid(reason)
        return cls(path)

    @property
    def key(self) -> str:
        return path_key(self.text)

    @property
    def name(self) -> str:
        return self.text.rpartition("/")[2]

    @property
    def parents(self) -> tuple[NamespacePath, ...]:
        """The groups above, outermost first."""
        parts = self.text.split("/")
        return tuple(NamespacePath("/".join(parts[:n])) for n in range(1, len(parts)))

    def __str__(self) -> str:
        return self.text


def user_name(text: str) -> str:
    """A name that an account may have. Raises Invalid with the reason."""
    name = text.strip()
    if not name:
        reason = "Give a user name."
    elif not _USER_NAME.fullmatch(name):
        # One alphabet, so that no two names look alike but are not.
        reason = "A user name has letters from A to Z, digits, '_', '-' and '.', and begins with a letter, a digit or '_'."
    elif len(name) > 100:
        reason = "A user name has at most 100 characters."
    elif name.casefold() in RESERVED_USER_NAMES:
        reason = f"The name {name} is reserved."
    else:
        return name
    raise Invalid(reason, fields={"username": reason})


def is_nobodys(email: str) -> bool:
    """Whether an address stands for none: it was made up for an account whose person has no address that is known."""
    return email.casefold().endswith(f".{NOBODYS_DOMAIN}")


def display_name(text: str, *, field: str = "display_name") -> str:
    """What a person may be called on pages; empty for the user name alone. Raises Invalid with the reason.

    Any script is welcome, but no word mixes them, and nothing in it is invisible: else it could look like somebody else's.
    """
    name = unicodedata.normalize("NFC", " ".join(text.split()))
    mixed = next((word for word in name.split() if len(_scripts(word)) > 1), None)
    if len(name) > MAX_DISPLAY_NAME:
        reason = f"A name has at most {MAX_DISPLAY_NAME} characters."
    elif HIDDEN.search(name) or any(unicodedata.category(character) in _UNSEEN for character in name):
        reason = "A name must not have control or invisible characters."
    elif set(name) & _NOT_IN_NAMES:
        reason = 'A name must not have any of @ < > " / and \\.'
    elif mixed:
        reason = f"The letters of {mixed} are of several alphabets; some look alike."
    else:
        return name
    raise Invalid(reason, fields={field: reason})


def _scripts(word: str) -> set[str]:
    """The alphabets of a word, as far as their letters look alike: kana beside Chinese characters, say, do not."""
    letters = (unicodedata.name(character, "").partition(" ")[0] for character in word if character.isalpha())
    return {first if first in _LOOKING_ALIKE else "other" for first in letters}


def user_group_name(text: str) -> str:
    """A name that a group of users may have. Raises Invalid with the reason."""
    name = " ".join(text.split())
    if not name:
        reason = "Give a name."
    elif len(name) > MAX_USER_GROUP_NAME:
        reason = f"A name has at most {MAX_USER_GROUP_NAME} characters."
    elif not _USER_GROUP_NAME.fullmatch(name):
        reason = "A name has letters from A to Z, digits, blanks, '_', '-', '.', '@' and '+', and does not begin with a sign."
    else:
        return name
    raise Invalid(reason, fields={"users_group_name": reason})


def email_address(text: str) -> str:
    """An e-mail address as far as its form can tell. Raises Invalid with the reason."""
    address = text.strip()
    if len(address) <= 254 and _EMAIL.fullmatch(address) and address.isprintable():
        return address
    reason = "This is not an e-mail address."
    raise Invalid(reason, fields={"email": reason})


def _why_not(path: str) -> str | None:
    if not path:
        return "Give a name."
    reason = _why_not_addressable(path)
    if reason:
        return reason
    for part in path.split("/"):
        reason = _why_not_part(part)
        if reason:
            return reason
    return None


def _why_not_addressable(path: str) -> str | None:
    if len(path) > MAX_PATH:
        return f"A path has at most {MAX_PATH} characters; this one has {len(path)}."
    if any(unicodedata.category(character) in _UNSEEN for character in path):
        return "A name must not have control or invisible characters."
    parts = path.split("/")
    if any(part in ("", ".", "..") for part in parts):
        return "Every part of a path needs a name; '.' and '..' are not names."
    if is_reserved(parts[0]):
        return f"Paths that begin with {parts[0] if parts[0].isalpha() else parts[0][:1]!r} belong to Kallithea itself."
    return None


def _why_not_part(part: str) -> str | None:
    bad = next((character for character in part if character in _FORBIDDEN_CHARACTERS), None)
    if bad:
        return f"A name must not have the character {bad!r}."
    if part.startswith(("-", ".", " ")):
        return f"A name must not begin with {part[0]!r}."
    if part.endswith((".", " ")):
        return f"A name must not end with {part[-1]!r}."
    if part.casefold().endswith((".git", ".hg", ".lock")):
        return f"A name must not end with '.{part.rpartition('.')[2]}'."
    if part.casefold().partition(".")[0] in _DEVICES:
        return f"{part!r} is the name of a device on Windows, so nobody there could clone it."
    return None
