"""People who make themselves an account, where an administrator lets them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import CursorResult, delete, func, or_, select
from sqlalchemy.orm import Session

from kallithea.lib.clock import Clock
from kallithea.lib.errors import Forbidden, Invalid, NotFound, Unavailable
from kallithea.lib.names import display_name, email_address, user_name
from kallithea.lib.passwords import Passwords, checked_new_password
from kallithea.lib.tokens import new_token, token_hash
from kallithea.model import Registration, User, UserEmail
from kallithea.services import letters
from kallithea.services.accounts import Accounts
from kallithea.services.actors import Origin
from kallithea.services.asking import Asked, AskingThrottle
from kallithea.services.audit import Audit, Target
from kallithea.services.mails import Mails
from kallithea.services.site_settings import RegistrationMode, SiteSettings

GOOD_FOR = timedelta(days=3)
"""Until when an address is confirmed."""
KEPT_FOR = timedelta(days=90)
"""How long a registration waits for an administrator."""
MOST_WAITING = 1000
TOLD = 20
"""Administrators who get a mail of a registration."""


@dataclass(frozen=True, slots=True)
class NewRegistration:
    """What the form has."""

    name: str
    email: str
    password: str
    display_name: str = ""


@dataclass(frozen=True, slots=True)
class WaitingRegistration:
    """A registration as administrators see it."""

    id: int
    name: str
    display_name: str
    email: str
    address: str
    created_at: datetime
    is_confirmed: bool


class Registrations:
    """Takes registrations and makes accounts of them."""

    def __init__(
        self,
        session: Session,
        *,
        audit: Audit,
        accounts: Accounts,
        settings: SiteSettings,
        passwords: Passwords,
        throttle: AskingThrottle,
        mails: Mails,
        clock: Clock,
    ) -> None:
        self._session = session
        self._audit = audit
        self._accounts = accounts
        self._settings = settings
        self._passwords = passwords
        self._throttle = throttle
        self._mails = mails
        self._clock = clock

    def mode(self) -> RegistrationMode:
        """What is in force: open registration needs mail, and is off where that is not set up."""
        mode = self._settings.registration()
        return RegistrationMode.OFF if mode is RegistrationMode.OPEN and not self._mails.is_set_up else mode

    def choose_mode(self, mode: RegistrationMode) -> None:
        """Let people register, or not. Raises Invalid for open registration without mail, which could confirm no address."""
        if mode is RegistrationMode.OPEN and not self._mails.is_set_up:
            raise Invalid("Open registration confirms addresses by mail, and mail is not set up.")
        self._settings.set_registration(mode)

    def register(
        self, new: NewRegistration, origin: Origin, *, link_to: Callable[[str], str], sign_in: Callable[[], str]
    ) -> None:
        """Take a registration. Raises Invalid, TooManyAttempts, Forbidden where nobody may register.

        An address that has an account gets the same answer as any other, and its owner a mail that says so. That a name is
        taken is said: names are seen all over the site.
        """
        self._throttle.take(Asked.REGISTER, network=origin.address)
        self._check_is_on()
        name, email, shown = user_name(new.name), email_address(new.email), display_name(new.display_name)
        password_hash = self._passwords.hash(checked_new_password(new.password, about=(name, email, shown)))
        if self._session.scalar(select(User.id).where(User.name_key == name.casefold())) is not None:
            raise Invalid("This name is taken.", fields={"username": "This name is taken. Choose another one."})
        if self._count() >= MOST_WAITING:
            raise Unavailable("Too many registrations are waiting.", hint="Try again in some days.")
        token, now = new_token(), self._clock()
        self._session.add(
            Registration(
                name=name,
                name_key=name.casefold(),
                display_name=shown,
                email=email,
                email_key=email.casefold(),
                password_hash=password_hash,
                token_hash=token_hash(token),
                address=origin.address[:64],
                created_at=now,
                expires_at=now + (GOOD_FOR if self._mails.is_set_up else KEPT_FOR),
            )
        )
        if not self._mails.is_set_up:
            return
        owner = self._owner(email.casefold())
        # For a known address nobody gets the token of this registration, so it comes to nothing.
        if owner is None:
            self._mails.send(letters.registration(name, link_to(token)), email, useful_for=GOOD_FOR)
        else:
            # To the address as it is stored: what was typed may only look like it.
            self._mails.send(letters.registered_already(owner.name, sign_in()), owner.email, useful_for=GOOD_FOR)

    def asked_for(self, token: str) -> str:
        """The user name that this link confirms. Raises NotFound."""
        return self._by_token(token).name

    def confirm(self, token: str, *, network: str, list_url: Callable[[], str]) -> User | None:
        """The address is right: the account, or None where an administrator has to approve it first.

        Raises NotFound, Forbidden, TooManyAttempts, and Conflict where name or address were taken meanwhile.
        """
        self._throttle.take(Asked.LINK, network=network)
        mode = self._check_is_on()
        row = self._by_token(token)
        if mode is RegistrationMode.OPEN:
            return self._make_account(row)
        now = self._clock()
        row.confirmed_at, row.expires_at = now, now + KEPT_FOR
        # The link worked once.
        row.token_hash = token_hash(new_token())
        for administrator in self._administrators():
            letter = letters.registration_waits(row.name, row.email, to=administrator.name, url=list_url())
            self._mails.send(letter, administrator.email)
        return None

    def waiting(self) -> Sequence[WaitingRegistration]:
        """Who waits, those first who confirmed their address."""
        alive = Registration.expires_at > self._clock()
        order = (Registration.confirmed_at.is_(None), Registration.id)
        rows = self._session.scalars(select(Registration).where(alive).order_by(*order).limit(MOST_WAITING))
        return [
            WaitingRegistration(
                row.id, row.name, row.display_name, row.email, row.address, row.created_at, row.confirmed_at is not None
            )
            for row in rows
        ]

    def approve(self, registration_id: int, *, sign_in: Callable[[], str]) -> User:
        """Make the account. Raises NotFound, Conflict where name or address were taken meanwhile."""
        user = self._make_account(self._row(registration_id))
        self._audit.record("registration.approve", Target("user", user.id, user.name), after={"email": user.email})
        if self._mails.is_set_up:
            self._mails.send(letters.registration_approved(user.name, sign_in()), user.email)
        return user

    def decline(self, registration_id: int) -> str:
        """Forget a registration; the name that it had. Raises NotFound."""
        row = self._row(registration_id)
        self._session.delete(row)
        self._audit.record("registration.decline", Target("registration", row.id, row.name), before={"email": row.email})
        return row.name

    def forget_expired(self) -> int:
        """Delete registrations that nobody confirmed or approved in time; how many."""
        result = self._session.execute(delete(Registration).where(Registration.expires_at <= self._clock()))
        assert isinstance(result, CursorResult)
        return result.rowcount

    def _check_is_on(self) -> RegistrationMode:
        mode = self.mode()
        if mode is RegistrationMode.OFF:
            raise Forbidden("Nobody can register here.", hint="Ask an administrator for an account.")
        return mode

    def _make_account(self, row: Registration) -> User:
        self._session.delete(row)
        self._session.flush()
        return self._accounts.create_with_hash(row.name, row.email, row.password_hash, display_name=row.display_name)

    def _by_token(self, token: str) -> Registration:
        alive = Registration.expires_at > self._clock()
        row = self._session.scalar(select(Registration).where(Registration.token_hash == token_hash(token), alive))
        if row is None:
            raise NotFound("This link is over, or was used already.", hint="Register once more.")
        return row

    def _row(self, registration_id: int) -> Registration:
        row = self._session.get(Registration, registration_id)
        if row is None:
            raise NotFound("There is no such registration.", hint="Somebody else may have looked at it already.")
        return row

    def _count(self) -> int:
        return int(self._session.scalar(select(func.count()).select_from(Registration)) or 0)

    def _owner(self, key: str) -> User | None:
        further = select(UserEmail.user_id).where(UserEmail.email_key == key)
        return self._session.scalar(select(User).where(or_(User.email_key == key, User.id.in_(further))))

    def _administrators(self) -> Sequence[User]:
        statement = select(User).where(User.is_administrator, User.is_active).order_by(User.id).limit(TOLD)
        return self._session.scalars(statement).all()
