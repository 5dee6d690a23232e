"""Groups of users: who is in them, and what they have access to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, delete, func, literal, select
from sqlalchemy.orm import Session

from kallithea.lib.access import Access
from kallithea.lib.clock import Clock
from kallithea.lib.errors import Conflict, Invalid, NotFound
from kallithea.lib.names import user_group_name
from kallithea.model import GrantRow, Namespace, Repository, User, UserGroup, UserGroupMember
from kallithea.services.access.control import AccessControl
from kallithea.services.access.grants import MembersGrant, UserGroupGrant
from kallithea.services.actors import Member
from kallithea.services.audit import Audit, Target, Value
from kallithea.services.keysets import Slice, Start, counted, slice_of

MOST_WORDS = 8
MAX_DESCRIPTION = 10_000
MOST_AT_ONCE = 200
"""People that are added with one form."""
SHOWN = 200


@dataclass(frozen=True, slots=True)
class AboutUserGroup:
    """What is said about a group of users."""

    name: str
    description: str = ""
    is_active: bool = True


@dataclass(frozen=True, slots=True)
class UserGroupLine:
    """A group of users in a list."""

    id: int
    name: str
    description: str
    is_active: bool
    owner: str
    members: int


@dataclass(frozen=True, slots=True)
class MemberLine:
    """Somebody who belongs to a group of users."""

    id: int
    name: str
    is_active: bool


@dataclass(frozen=True, slots=True)
class Reach:
    """One grant of a group of users: where, and what it lets one do there."""

    path: str
    is_repository: bool
    access: Access
    may_create: bool


_MEMBERS = (
    select(func.count())
    .select_from(UserGroupMember)
    .where(UserGroupMember.user_group_id == UserGroup.id)
    .correlate(UserGroup)
    .scalar_subquery()
)
_LINES: Select[Any] = select(
    UserGroup.id,
    UserGroup.name,
    UserGroup.description,
    UserGroup.active,
    User.name.label("owner"),
    _MEMBERS.label("members"),
).join(User, User.id == UserGroup.owner_id)


class UserGroups:
    """The verbs on groups of users. Who may see or change one is proved by a grant."""

    def __init__(self, session: Session, *, access: AccessControl, audit: Audit, clock: Clock) -> None:
        self._session = session
        self._access = access
        self._audit = audit
        self._clock = clock

    # --- reading

    def page(self, text: str, start: Start[str], *, size: int) -> Slice[UserGroupLine]:
        """A page of the groups that the actor may see: all for administrators, for others those that they own."""
        found = slice_of(self._session, self._visible(_LINES, text), UserGroup.name_key, start, size=size)
        return Slice([UserGroupLine(*row) for row in found.rows], found.has_previous, found.has_next)

    def owned_by(self, member: Member, *, at_most: int) -> Sequence[UserGroupLine]:
        """The groups that somebody owns, the first of them by name."""
        statement = _LINES.where(UserGroup.owner_id == member.id).order_by(UserGroup.name_key).limit(at_most)
        return [UserGroupLine(*row) for row in self._session.execute(statement)]

    def count(self, text: str) -> int:
        """How many groups the actor may see; counting stops behind `keysets.COUNTED_AT_MOST`."""
        return counted(self._session, self._visible(select(UserGroup.id), text))

    def members(self, grant: MembersGrant, text: str, start: Start[str], *, size: int) -> Slice[MemberLine]:
        """A page of the members, by name."""
        columns: Any = select(User.id, User.name, User.is_active)
        found = slice_of(self._session, _members(columns, grant, text), User.name_key, start, size=size)
        return Slice([MemberLine(*row) for row in found.rows], found.has_previous, found.has_next)

    def count_members(self, grant: MembersGrant, text: str) -> int:
        """How many members there are; counting stops behind `keysets.COUNTED_AT_MOST`."""
        return counted(self._session, _members(select(User.id), grant, text))

    def reach(self, grant: UserGroupGrant) -> Sequence[Reach]:
        """What was granted to the group, the first SHOWN of it by path."""
        statement = (
            select(Namespace.path, Repository.id.label("repository_id"), GrantRow.access, GrantRow.may_create)
            .join(Namespace, Namespace.id == GrantRow.namespace_id)
            .outerjoin(Repository, Repository.namespace_id == Namespace.id)
            .where(GrantRow.user_group_id == grant.target.id)
            .order_by(Namespace.path_key)
            .limit(SHOWN)
        )
        rows = self._session.execute(statement)
        return [Reach(row.path, row.repository_id is not None, Access(row.access), row.may_create) for row in rows]

    def count_reach(self, grant: UserGroupGrant) -> int:
        """How many grants the group has."""
        statement = select(func.count()).select_from(GrantRow).where(GrantRow.user_group_id == grant.target.id)
        return int(self._session.scalar(statement) or 0)

    def owner_of(self, grant: MembersGrant) -> str:
        """The name of the owner."""
        return str(self._session.scalar(select(User.name).where(User.id == grant.target.owner_id)))

    def id_of(self, name: str) -> int:
        """The number of the group of this name. Raises NotFound."""
        found = self._session.scalar(select(UserGroup.id).where(UserGroup.name_key == name.strip().casefold()))
        if found is None:
            raise NotFound(f"There is no group of users {name}.")
        return found

    # --- changing

    def create(self, values: AboutUserGroup, *, owner: User) -> UserGroup:
        """Make a group without members. Raises Invalid, Conflict for a taken name."""
        name = self._free_name(values.name, but=0)
        row = UserGroup(
            name=name,
            name_key=name.casefold(),
            description=_description(values.description),
            active=values.is_active,
            owner_id=owner.id,
            created_at=self._clock(),
        )
        self._session.add(row)
        self._session.flush()
        self._audit.record("user_group.create", _target(row), after=_facts(row, owner.name))
        return row

    def change(self, grant: UserGroupGrant, values: AboutUserGroup, *, owner: User) -> None:
        """Have a group say this. Raises Invalid, Conflict for a taken name."""
        row = self._session.get_one(UserGroup, grant.target.id)
        before = _facts(row, self.owner_of(grant))
        row.name = self._free_name(values.name, but=row.id)
        row.name_key = row.name.casefold()
        row.description, row.active, row.owner_id = _description(values.description), values.is_active, owner.id
        self._session.flush()
        self._audit.record_change("user_group.change", _target(row), before=before, after=_facts(row, owner.name))

    def add(self, grant: MembersGrant, names: Sequence[str]) -> Sequence[str]:
        """Let people belong to a group, given by their user names; the names of those who did not before.

        Raises Invalid, NotFound for who is not known; then nobody was added. A group is never a member of another one: nobody
        could say any more why somebody may do something.
        """
        people = self._people(names)
        known = set(
            self._session.scalars(
                select(UserGroupMember.user_id).where(
                    UserGroupMember.user_group_id == grant.target.id, UserGroupMember.user_id.in_([user.id for user in people])
                )
            )
        )
        new = [user for user in people if user.id not in known]
        self._session.add_all([UserGroupMember(user_group_id=grant.target.id, user_id=user.id) for user in new])
        self._session.flush()
        added = [user.name for user in new]
        if added:
            self._audit.record("user_group.add", _target_of(grant), after={"members": added})
        return added

    def remove(self, grant: MembersGrant, user_id: int) -> str:
        """Let somebody belong to the group no more; their name. Raises NotFound for who does not."""
        row = self._session.execute(
            select(UserGroupMember.id, User.name)
            .join(User, User.id == UserGroupMember.user_id)
            .where(UserGroupMember.user_group_id == grant.target.id, UserGroupMember.user_id == user_id)
        ).first()
        if row is None:
            raise NotFound(f"There is no such member of {grant.target.name}.")
        self._session.execute(delete(UserGroupMember).where(UserGroupMember.id == row.id))
        self._audit.record("user_group.remove", _target_of(grant), before={"members": [row.name]})
        return str(row.name)

    def delete(self, grant: UserGroupGrant) -> None:
        """Delete a group, with all that was granted to it."""
        row = self._session.get_one(UserGroup, grant.target.id)
        lost = [f"{reach.access.word} on {reach.path or '/'}" for reach in self.reach(grant)]
        before = {**_facts(row, self.owner_of(grant)), "access": lost}
        self._audit.record("user_group.delete", _target(row), before=before)
        self._session.delete(row)
        self._session.flush()

    def _visible(self, statement: Select[Any], text: str) -> Select[Any]:
        actor = self._access.actor
        if isinstance(actor, Member) and not actor.administers_site:
            statement = statement.where(UserGroup.owner_id == actor.id)
        for word in text.casefold().split()[:MOST_WORDS]:
            statement = statement.where(UserGroup.name_key.contains(word, autoescape=True))
        return statement

    def _free_name(self, text: str, *, but: int) -> str:
        name = user_group_name(text)
        taken = select(literal(1)).where(UserGroup.name_key == name.casefold(), UserGroup.id != but)
        if self._session.scalar(taken):
            reason = f"There is a group of users {name} already."
            raise Conflict(reason, fields={"users_group_name": reason}, hint="Choose another name.")
        return name

    def _people(self, names: Sequence[str]) -> Sequence[User]:
        wanted = {name.strip().casefold(): name.strip() for name in names if name.strip()}
        if not wanted:
            raise _invalid("Say who.")
        if len(wanted) > MOST_AT_ONCE:
            raise _invalid(f"At most {MOST_AT_ONCE} people are added at once.")
        if group := next((name for key, name in wanted.items() if key.startswith("group:")), None):
            raise _not_a_person(group)
        keys = [key.removeprefix("user:") for key in wanted]
        # Not by address: owners of groups are no administrators, and would learn whose it is.
        found = self._session.scalars(select(User).where(User.name_key.in_(keys)).order_by(User.name_key)).all()
        known = {user.name_key for user in found}
        if missing := next((wanted[key] for key in wanted if key.removeprefix("user:") not in known), None):
            raise self._nobody(missing)
        return found

    def _nobody(self, name: str) -> Invalid:
        is_group = self._session.scalar(select(literal(1)).where(UserGroup.name_key == name.casefold()))
        return _invalid(
            f"{name} is a group: only people belong to a group of users." if is_group else f"There is no user {name}."
        )


def _target(row: UserGroup) -> Target:
    return Target("user_group", row.id, row.name)


def _target_of(grant: MembersGrant) -> Target:
    return Target("user_group", grant.target.id, grant.target.name)


def _facts(row: UserGroup, owner: str) -> dict[str, Value]:
    """What the audit log says of a group."""
    return {"name": row.name, "description": row.description, "active": row.active, "owner": owner}


def _members(statement: Select[Any], grant: MembersGrant, text: str) -> Select[Any]:
    statement = statement.join(UserGroupMember, UserGroupMember.user_id == User.id).where(
        UserGroupMember.user_group_id == grant.target.id
    )
    for word in text.casefold().split()[:MOST_WORDS]:
        statement = statement.where(User.name_key.contains(word, autoescape=True))
    return statement


def _description(text: str) -> str:
    if len(text) > MAX_DESCRIPTION:
        reason = f"A description has at most {MAX_DESCRIPTION:,} characters."
        raise Invalid(reason, fields={"user_group_description": reason})
    return text.strip()


def _not_a_person(name: str) -> Invalid:
    return _invalid(f"{name} is a group: only people belong to a group of users.")


def _invalid(reason: str) -> Invalid:
    return Invalid(reason, fields={"members": reason})
