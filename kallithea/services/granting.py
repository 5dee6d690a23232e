"""Giving and taking access."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from kallithea.lib.access import Access, PrincipalKind
from kallithea.lib.errors import Invalid, NotFound
from kallithea.model import ROOT_PATH, GrantRow, Namespace, User, UserGroup, principal_key
from kallithea.services.access.control import AccessControl
from kallithea.services.access.decision import Place, Principal, Rule, effective_places
from kallithea.services.access.grants import AdminGrant, GroupFacts, RepositoryFacts
from kallithea.services.access.sources import GrantSources
from kallithea.services.audit import Audit, Target


@dataclass(frozen=True, slots=True)
class WrittenGrant:
    """A grant as it is written: at which place (the path of a group, "" for the root), and whether it counts here."""

    principal: Principal
    access: Access
    may_create: bool
    place: str
    is_own: bool
    is_in_force: bool

    @property
    def principal_text(self) -> str:
        """The principal as the command line writes it."""
        return principal_text_of(self.principal)


@dataclass(frozen=True, slots=True)
class Written:
    """What is written about one place: the grants, and whether it inherits at all."""

    grants: Sequence[WrittenGrant]
    inherits: bool


class Granting:
    """Changes the grants of one namespace at a time."""

    def __init__(self, session: Session, *, access: AccessControl, audit: Audit) -> None:
        self._session = session
        self._audit = audit
        self._access = access

    def give(
        self,
        grant: AdminGrant[RepositoryFacts] | AdminGrant[GroupFacts],
        principal_text: str,
        access: Access,
        *,
        may_create: bool = False,
    ) -> None:
        """Let a principal (`user:NAME`, `group:NAME`, `anyone`, `members`) have this access, in place of what it had.

        NONE takes its grant away, unless `may_create` stays. Raises Invalid.
        """
        principal = self.principal(principal_text)
        target = grant.target
        if may_create and isinstance(target, RepositoryFacts):
            raise Invalid("Nothing can be created below a repository.")
        if access and target.path == ROOT_PATH:
            raise Invalid(
                "The top gives no access to what is below it, only the right to create.",
                hint="Grant access on a group or a repository.",
            )
        key = principal_key(principal.kind, principal.number)
        row = self._session.scalar(
            select(GrantRow).where(GrantRow.namespace_id == target.namespace_id, GrantRow.principal == key)
        )
        before = _word(row)
        if access is Access.NONE and not may_create:
            if row is not None:
                self._session.delete(row)
                self._audit.record("access.take", _target(grant), before={principal_text_of(principal): before})
            return
        if row is None:
            row = GrantRow(
                namespace_id=target.namespace_id,
                principal=key,
                user_id=principal.number if principal.kind is PrincipalKind.USER else None,
                user_group_id=principal.number if principal.kind is PrincipalKind.USER_GROUP else None,
            )
            self._session.add(row)
        row.access, row.may_create = int(access), may_create
        self._session.flush()
        name = principal_text_of(principal)
        self._audit.record_change("access.give", _target(grant), before={name: before}, after={name: _word(row)})

    def take(self, grant: AdminGrant[RepositoryFacts] | AdminGrant[GroupFacts], principal_text: str) -> None:
        """Take a principal's own grant here away, also one of an account that has been renamed meanwhile."""
        principal = self.principal(principal_text)
        key = principal_key(principal.kind, principal.number)
        row = self._session.scalar(
            select(GrantRow).where(GrantRow.namespace_id == grant.target.namespace_id, GrantRow.principal == key)
        )
        if row is not None:
            self._audit.record("access.take", _target(grant), before={principal_text_of(principal): _word(row)})
            self._session.delete(row)
            self._session.flush()

    def set_inherits(self, grant: AdminGrant[RepositoryFacts] | AdminGrant[GroupFacts], inherits: bool) -> None:
        """Whether what is granted above counts here, and on what is below here, too. Raises Invalid for the top."""
        if grant.target.path == ROOT_PATH:
            raise Invalid("There is nothing above the top.")
        namespace = self._session.get_one(Namespace, grant.target.namespace_id)
        before = GrantSources(self._session).switch(namespace, inherits)
        self._audit.record_change("access.inherit", _target(grant), before={"inherits": before}, after={"inherits": inherits})

    def written(self, grant: AdminGrant[RepositoryFacts] | AdminGrant[GroupFacts]) -> Written:
        """All grants that concern a repository or group: its own, then what is written above it."""
        rules = self._access.rules_of(grant.target.path)
        places = rules.places
        in_force = {place.path for place in effective_places(rules)}
        grants = [
            _written(rule, place, is_own=place is places[0], counts=place.path in in_force, is_private=rules.is_private)
            for place in places
            for rule in place.rules
            if rule.access or place is places[0]
        ]
        return Written(grants, places[0].inherits)

    def principal(self, text: str) -> Principal:
        """Whom `user:NAME`, `group:NAME`, `anyone` or `members` means. Raises Invalid, NotFound."""
        word, _, name = text.strip().partition(":")
        if word in (PrincipalKind.ANYONE.value, PrincipalKind.MEMBERS.value) and not name:
            return Principal(PrincipalKind(word))
        key = name.strip().casefold()
        if word == PrincipalKind.USER.value and key:
            found = self._session.execute(select(User.id, User.name).where(User.name_key == key)).first()
        elif word == PrincipalKind.USER_GROUP.value and key:
            found = self._session.execute(select(UserGroup.id, UserGroup.name).where(UserGroup.name_key == key)).first()
        else:
            reason = "Say who: user:NAME, group:NAME, anyone or members."
            raise Invalid(reason, fields={"principal": reason})
        if found is None:
            reason = f"There is no {word} {name}."
            raise NotFound(reason)
        return Principal(PrincipalKind(word), found.id, found.name)


def principal_text_of(principal: Principal) -> str:
    """A principal as the command line writes it."""
    return principal.kind.value if principal.number is None else f"{principal.kind.value}:{principal.label}"


def _word(row: GrantRow | None) -> str | None:
    """What a grant gives, for the audit log."""
    if row is None:
        return None
    return Access(row.access).word + (", create" if row.may_create else "")


def _target(grant: AdminGrant[RepositoryFacts] | AdminGrant[GroupFacts]) -> Target:
    facts = grant.target
    return Target("repository" if isinstance(facts, RepositoryFacts) else "group", facts.id, facts.path or "/")


def _written(rule: Rule, place: Place, *, is_own: bool, counts: bool, is_private: bool) -> WrittenGrant:
    in_force = counts and not (is_private and rule.principal.is_public)
    return WrittenGrant(rule.principal, rule.access, rule.may_create, place.path, is_own, in_force)
