"""Who gains and who loses by a change of permissions, found before it is made."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from kallithea.lib.access import Access, PrincipalKind
from kallithea.lib.errors import NotFound
from kallithea.model import User, UserGroupMember
from kallithea.services.access.control import AccessControl
from kallithea.services.access.decision import Decision, Place, Principal, Rule, Rules, decide
from kallithea.services.access.explanation import Explanation, explain
from kallithea.services.access.grants import AdminGrant, GroupFacts, RepositoryFacts
from kallithea.services.accounts import Accounts
from kallithea.services.actors import Actor, Anonymous, Member

MOST_PEOPLE = 1000
"""So many are looked at."""
EVERY_MEMBER = Member(0, "every member without a further right")
"""Nobody has the number 0: what is granted to all members, this one has, and nothing else."""

Target = AdminGrant[RepositoryFacts] | AdminGrant[GroupFacts]


@dataclass(frozen=True, slots=True)
class Change:
    """Somebody for whom the decision will be another one."""

    name: str
    before: Decision
    after: Decision

    @property
    def gains(self) -> bool:
        """Whether it becomes more; where the access stays, whether creating is added."""
        if self.after.access != self.before.access:
            return self.after.access > self.before.access
        return self.after.may_create


@dataclass(frozen=True, slots=True)
class Preview:
    """What changes for whom, by name; `is_bounded` says that not everybody was looked at."""

    changes: Sequence[Change]
    is_bounded: bool = False


def words_of(decision: Decision) -> str:
    """What somebody may do, in a word or two; that who has *admin* may create goes without saying."""
    return words(decision.access, may_create=decision.may_create and decision.access < Access.ADMIN)


def words(access: Access, *, may_create: bool) -> str:
    """An access and the right to create, for people."""
    if not access:
        return "create" if may_create else "nothing"
    return f"{access.word}, create" if may_create else access.word


class Previews:
    """Decides for others, by the rules as they are and as they would be. It changes nothing."""

    def __init__(self, session: Session, *, access: AccessControl, accounts: Accounts) -> None:
        self._session = session
        self._access = access
        self._accounts = accounts

    def of_grant(self, grant: Target, principal: Principal, access: Access, *, may_create: bool = False) -> Preview:
        """What changes if the principal gets this access there in place of what it has; NONE takes it away."""
        before = self._access.rules_of(grant.target.path)
        place = before.places[0]
        kept = tuple(rule for rule in place.rules if not _same(rule.principal, principal))
        given = (Rule(principal, access, may_create),) if access or may_create else ()
        after = _with_first(before, replace(place, rules=(*kept, *given)))
        if principal.is_public:
            return self._compared(before, after, _named_in(before.places))
        return self._compared(before, after, [principal], is_for_all=False)

    def of_inheriting(self, grant: Target, *, inherits: bool) -> Preview:
        """What changes if what is granted above counts there, or does not any more."""
        before = self._access.rules_of(grant.target.path)
        after = _with_first(before, replace(before.places[0], inherits=inherits))
        return self._compared(before, after, _named_in(before.places))

    def of_doing(self, grant: Target, act: Callable[[], str]) -> Preview:
        """What changes by a deed, which is done to find out and undone again; it says at which path the thing is then. Raises
        what the deed raises.
        """
        before = self._access.rules_of(grant.target.path)
        deed = self._session.begin_nested()
        try:
            after = self._access.rules_of(act())
        finally:
            deed.rollback()
        concerned = set(_named_in((*before.places, *after.places)))
        found = self._compared(before, after, concerned)
        if isinstance(grant.target, RepositoryFacts):
            return found
        # What is private in a group takes from above only what is granted by name.
        private = self._compared(replace(before, is_private=True), replace(after, is_private=True), concerned)
        known = {change.name for change in found.changes}
        more = [replace(c, name=f"{c.name}, of what is private") for c in private.changes if c.name not in known]
        return Preview([*found.changes, *more], found.is_bounded)

    def why(self, grant: Target, name: str) -> Explanation:
        """Why the account of this name may do what it may do there. Raises NotFound."""
        user = self._accounts.by_name(name)
        member = self._accounts.member(user.id)
        if member is None:
            raise NotFound(f"The account {user.name} is disabled, so it may do nothing.")
        return explain(member, self._access.rules_of(grant.target.path), name=user.name)

    def _compared(self, before: Rules, after: Rules, concerned: Iterable[Principal], *, is_for_all: bool = True) -> Preview:
        people, is_bounded = self._people(concerned)
        changes = []
        usual: Change | None = None
        if is_for_all:
            visitors = _change(Anonymous(), "visitors", before, after)
            usual = _change(EVERY_MEMBER, EVERY_MEMBER.name, before, after)
            changes += [change for change in (visitors, usual) if change]
        rules = _Narrow(before), _Narrow(after)
        for member in people:
            change = _change(member, member.name, *(narrow.to(member) for narrow in rules))
            # Who is named and changes as everybody does is not named again.
            if change and not (usual and _outcome(change) == _outcome(usual)):
                changes.append(change)
        return Preview(changes, is_bounded)

    def _people(self, concerned: Iterable[Principal]) -> tuple[Sequence[Member], bool]:
        """The active accounts that these principals name, by name, and whether there are more than are looked at."""
        concerned = list(concerned)
        users = {p.number for p in concerned if p.kind is PrincipalKind.USER and p.number is not None}
        groups = {p.number for p in concerned if p.kind is PrincipalKind.USER_GROUP and p.number is not None}
        if not users and not groups:
            return [], False
        members = select(UserGroupMember.user_id).where(UserGroupMember.user_group_id.in_(groups))
        statement = (
            select(User.id)
            .where(User.is_active, or_(User.id.in_(users), User.id.in_(members)))
            .order_by(User.name_key)
            .limit(MOST_PEOPLE + 1)
        )
        numbers = self._session.scalars(statement).all()
        found = self._accounts.members(numbers[:MOST_PEOPLE])
        return [found[number] for number in numbers[:MOST_PEOPLE] if number in found], len(numbers) > MOST_PEOPLE


class _Narrow:
    """Rules, to be narrowed to those about one account: deciding for many must not read every rule for each."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._by_principal: list[dict[tuple[PrincipalKind, int | None], list[Rule]]] = []
        for place in rules.places:
            found: dict[tuple[PrincipalKind, int | None], list[Rule]] = {}
            for rule in place.rules:
                found.setdefault((rule.principal.kind, rule.principal.number), []).append(rule)
            self._by_principal.append(found)

    def to(self, member: Member) -> Rules:
        keys = [
            (PrincipalKind.ANYONE, None),
            (PrincipalKind.MEMBERS, None),
            (PrincipalKind.USER, member.id),
            *((PrincipalKind.USER_GROUP, number) for number in member.groups),
        ]
        places = (
            replace(place, rules=tuple(rule for key in keys for rule in found.get(key, ())))
            for place, found in zip(self._rules.places, self._by_principal, strict=True)
        )
        return replace(self._rules, places=tuple(places))


def _change(actor: Actor, name: str, before: Rules, after: Rules) -> Change | None:
    change = Change(name, decide(actor, before), decide(actor, after))
    was, will = _outcome(change)
    return change if was != will else None


def _outcome(change: Change) -> tuple[tuple[Access, bool], tuple[Access, bool]]:
    return (change.before.access, change.before.may_create), (change.after.access, change.after.may_create)


def _named_in(places: Sequence[Place]) -> Iterator[Principal]:
    for place in places:
        if place.owner_id is not None:
            yield Principal(PrincipalKind.USER, place.owner_id)
        yield from (rule.principal for rule in place.rules if not rule.principal.is_public)


def _same(one: Principal, other: Principal) -> bool:
    return (one.kind, one.number) == (other.kind, other.number)


def _with_first(rules: Rules, place: Place) -> Rules:
    return replace(rules, places=(place, *rules.places[1:]))
