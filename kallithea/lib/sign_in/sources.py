"""What a source of sign-ins is: three kinds, by how somebody is recognised.

Foreign plug-ins are subclasses too, named in the entry-point group `kallithea.sign_in` (docs/sign-in.md has one).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any, ClassVar

from kallithea.lib.errors import Forbidden
from kallithea.lib.sign_in.options import option

NOT_FROM_HERE = "This sign-in was not begun in this browser, or it took too long."
LONGEST_SUBJECT = 500
"""Characters of what names somebody at a source."""

CREATE, APPROVE, REFUSE = "create", "approve", "refuse"
"""What becomes of people who come for the first time."""


@dataclass(frozen=True, slots=True)
class VerifiedPerson:
    """Somebody whom a source vouches for.

    `subject` names them there for ever and belongs to nobody else ever; `name` is the user name that a new account gets. An
    address that the source does not know, or does not vouch for, is empty. `groups` is None where the source does not tell.
    """

    subject: str
    name: str
    email: str = ""
    full_name: str = ""
    groups: frozenset[str] | None = None


@dataclass(frozen=True)
class SourceSettings:
    """What the settings of every source begin with."""

    new_people: str = option(
        "New people",
        "What happens when somebody signs in who has no account here yet.",
        default=APPROVE,
        choices=(
            (CREATE, "get an account"),
            (APPROVE, "get an account that an administrator has to enable"),
            (REFUSE, "are turned away"),
        ),
    )


class Source(ABC):
    """One way to sign in. Made with its `settings` for each use: it keeps nothing, and imports what it needs when it is used.

    `modules` are what has to be installed for it, by `pip install kallithea[extra]` where there is one.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    about: ClassVar[str]
    settings: ClassVar[type[SourceSettings]]
    modules: ClassVar[tuple[str, ...]] = ()
    extra: ClassVar[str] = ""

    @abstractmethod
    def __init__(self, settings: Any) -> None:
        """With an object of the class `settings`."""

    @classmethod
    def missing(cls) -> str | None:
        """What has to be installed before it can be used, as a sentence."""
        absent = [module for module in cls.modules if find_spec(module) is None]
        if not absent:
            return None
        return f"Needs pip install kallithea[{cls.extra}]." if cls.extra else f"Needs the modules {', '.join(absent)}."


class PasswordSource(Source):
    """Is asked about a name and a password, by the sign-in form and for clients of hg and git."""

    @abstractmethod
    def verify(self, name: str, password: str) -> VerifiedPerson | None:
        """Who that is; None if there is nobody of this name and password, which takes as long for a wrong name.

        Raises Unavailable when it cannot tell, and waits for nothing longer than some seconds.
        """


class RequestSource(Source):
    """Recognises each request by what a trusted proxy added to it."""

    @abstractmethod
    def recognise(self, user: str, headers: Mapping[str, str]) -> VerifiedPerson | None:
        """Who `user` is, as the proxy said; headers go by their name in small letters. None for nobody."""


@dataclass(frozen=True, slots=True)
class Departure:
    """Where a browser is sent, and what has to be known when it comes back: kept in the browser, signed."""

    url: str
    kept: Mapping[str, str]


class RedirectSource(Source):
    """Sends the browser to another site, which sends it back with an answer."""

    @property
    @abstractmethod
    def button(self) -> str:
        """What it calls itself: the words behind "Sign in with"."""

    @abstractmethod
    def begin(self, back: str) -> Departure:
        """Where to send the browser, to be sent back to the address `back`. Raises Unavailable."""

    @abstractmethod
    def finish(self, kept: Mapping[str, str], answer: Mapping[str, str], back: str) -> VerifiedPerson:
        """Who came back: `answer` is the query. Raises SignInRefused, Unavailable."""

    def farewell(self, home: str) -> str | None:
        """Where to sign out of the other site too, and come back to `home`; None where there is no such place."""
        return None


class SignInRefused(Forbidden):
    """A source or the rules of new people do not let somebody in; the text is for that person."""
