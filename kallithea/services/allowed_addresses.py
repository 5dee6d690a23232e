"""From which networks people may come: one list for everybody, and lists of persons, which count in its place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from kallithea.lib.errors import Invalid
from kallithea.lib.networks import is_listed, network_list
from kallithea.model import EVERYBODY, AllowedAddresses, User
from kallithea.services.actors import Actor, Member, Origin
from kallithea.services.audit import Audit, Target

FIELD = "networks"
MOST_SHOWN = 1000


@dataclass(frozen=True, slots=True)
class PersonalList:
    """A list of somebody's own."""

    name: str
    networks: str


class AddressLists:
    """Reads and writes the lists. What they mean for a visitor is decided where it is found out who acts."""

    def __init__(self, session: Session, *, audit: Audit) -> None:
        self._session = session
        self._audit = audit

    def of_everybody(self) -> str:
        """The networks of the list for all, a line each; empty where there is no list."""
        return self._of(EVERYBODY)

    def of(self, user: User) -> str:
        """The networks of somebody's own list; empty where there is none."""
        return self._of(_subject(user))

    def personal(self) -> Sequence[PersonalList]:
        """Everybody who has an own list, by name; the first thousand."""
        statement = (
            select(User.name, AllowedAddresses.networks)
            .join(User, User.id == AllowedAddresses.user_id)
            .order_by(User.name_key)
            .limit(MOST_SHOWN)
        )
        return [PersonalList(row.name, row.networks) for row in self._session.execute(statement)]

    def set(self, user: User | None, text: str, *, by: Actor, origin: Origin) -> None:
        """Hold somebody, or everybody who has no own list, to these networks; an empty text ends that.

        Raises Invalid for what is no network, and where the one who asks could not come back from where it is now.
        """
        networks = network_list(text, field=FIELD)
        self._check_not_shut_out(user, networks, by, origin)
        subject = _subject(user)
        row = self._session.scalar(select(AllowedAddresses).where(AllowedAddresses.subject == subject))
        was = row.networks if row is not None else ""
        if not networks:
            self._session.execute(delete(AllowedAddresses).where(AllowedAddresses.subject == subject))
        elif row is None:
            self._session.add(AllowedAddresses(subject=subject, user_id=user.id if user else None, networks=networks))
        else:
            row.networks = networks
        self._session.flush()
        before = {"networks": was.splitlines()}
        target = Target("user", user.id, user.name) if user else Target("site", None, EVERYBODY)
        self._audit.record("addresses.change", target, before=before, after={"networks": networks.splitlines()})

    def clear(self) -> None:
        """End every list."""
        self._audit.record("addresses.change", Target("site", None, EVERYBODY), after={"networks": []})
        self._session.execute(delete(AllowedAddresses))

    def _check_not_shut_out(self, user: User | None, networks: str, by: Actor, origin: Origin) -> None:
        if not isinstance(by, Member):
            return
        own = networks if user is not None and user.id == by.id else self._of(f"user:{by.id}")
        everybodys = networks if user is None else self.of_everybody()
        if not is_listed(origin.address, own or everybodys):
            reason = f"You come from {origin.address or 'an unknown address'} and would shut yourself out: name that too."
            raise Invalid(reason, fields={FIELD: reason})

    def _of(self, subject: str) -> str:
        return self._session.scalar(select(AllowedAddresses.networks).where(AllowedAddresses.subject == subject)) or ""


def _subject(user: User | None) -> str:
    return EVERYBODY if user is None else f"user:{user.id}"
