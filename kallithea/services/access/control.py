"""Loads the rules, takes the decision, and hands out the proof."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Engine, and_, bindparam, or_, select
from sqlalchemy.orm import Session, aliased

from kallithea.lib.access import Access, PrincipalKind
from kallithea.lib.errors import Forbidden, NotFound, Unauthenticated
from kallithea.lib.lazy import lazy
from kallithea.lib.names import MAX_PATH, NamespacePath, path_key
from kallithea.lib.vcs import Kind
from kallithea.model import (
    EVERYBODY,
    PICTURES_STATE,
    PUBLIC_ACCESS,
    ROOT_PATH,
    AllowedAddresses,
    FormerPath,
    GrantRow,
    Group,
    Namespace,
    Repository,
    Setting,
    User,
    UserGroup,
)
from kallithea.services.access.decision import Decision, Duty, Place, Principal, Rule, Rules, decide, decide_user_group
from kallithea.services.access.grants import (
    AdminGrant,
    CreateGrant,
    GroupFacts,
    MembersGrant,
    ReadGrant,
    RepositoryFacts,
    UserGroupFacts,
    UserGroupGrant,
    WriteGrant,
)
from kallithea.services.actors import Actor, Anonymous, Deployment, Member
from kallithea.services.prepared import Prepared

NO_SUCH_THING = "There is no repository or group of this name, or you may not see it."
NO_SUCH_USER_GROUP = "There is no group of users at this address, or it is not yours to look after."


class Moved(NotFound):
    """What was asked for has another path now; who hears of it may read it there. `rest` are the parts behind the path."""

    def __init__(self, path: str, rest: tuple[str, ...] = ()) -> None:
        super().__init__(f"This is at {path} now.")
        self.path = path
        self.rest = rest


@dataclass(frozen=True, slots=True)
class Located:
    """What an address leads to, the rules that decide about it, and the parts of the path behind it."""

    facts: RepositoryFacts | GroupFacts
    rules: Rules
    rest: tuple[str, ...] = ()

    @property
    def repository(self) -> RepositoryFacts | None:
        return self.facts if isinstance(self.facts, RepositoryFacts) else None


_PUBLIC_ACCESS = select(Setting.value).where(Setting.name == PUBLIC_ACCESS).scalar_subquery().label("public_access")

_PICTURES = select(Setting.value).where(Setting.name == PICTURES_STATE).scalar_subquery().label("pictures")
NETWORKS = select(AllowedAddresses.networks).where(AllowedAddresses.subject == EVERYBODY).scalar_subquery().label("networks")
_Parent, _ParentPlace = aliased(Repository), aliased(Namespace)

# Built once: putting a statement together costs more than running it.
_PLACES = Prepared(
    select(
        Namespace.id.label("namespace_id"),
        Namespace.path,
        Namespace.path_key,
        Namespace.inherits,
        Repository.id.label("repository_id"),
        Repository.kind,
        Repository.description.label("repository_description"),
        Repository.is_private,
        Repository.owner_id.label("repository_owner_id"),
        Repository.location,
        Repository.publishing,
        Repository.landing,
        Repository.created_at,
        Repository.issue_links,
        Repository.state,
        Repository.relations,
        _ParentPlace.path.label("forked_from"),
        Group.id.label("group_id"),
        Group.description.label("group_description"),
        Group.owner_id.label("group_owner_id"),
        GrantRow.principal,
        GrantRow.access,
        GrantRow.may_create,
        User.name.label("user_name"),
        UserGroup.name.label("user_group_name"),
        _PUBLIC_ACCESS,
        _PICTURES,
        NETWORKS,
    )
    .select_from(Namespace)
    .outerjoin(Repository, Repository.namespace_id == Namespace.id)
    .outerjoin(_Parent, _Parent.id == Repository.forked_from_id)
    .outerjoin(_ParentPlace, _ParentPlace.id == _Parent.namespace_id)
    .outerjoin(Group, Group.namespace_id == Namespace.id)
    .outerjoin(
        GrantRow,
        and_(
            GrantRow.namespace_id == Namespace.id,
            or_(bindparam("every_principal"), GrantRow.principal.in_(bindparam("principals", expanding=True))),
        ),
    )
    .outerjoin(User, User.id == GrantRow.user_id)
    .outerjoin(UserGroup, and_(UserGroup.id == GrantRow.user_group_id, UserGroup.active))
    .where(Namespace.path_key.in_(bindparam("keys", expanding=True)))
)
_PATH_BY_ID = (
    select(Namespace.path)
    .join(Repository, Repository.namespace_id == Namespace.id)
    .where(Repository.id == bindparam("repository_id"))
)
_FORMER = (
    select(FormerPath.path_key, Namespace.path)
    .join(Namespace, Namespace.id == FormerPath.namespace_id)
    .where(FormerPath.path_key.in_(bindparam("keys", expanding=True)))
)


class AccessControl:
    """Answers for one actor what may be done where.

    With `looking`, where nothing will be written, the rules are read over a connection of their own as long as the session has
    none: most pages need no other.
    """

    def __init__(self, session: Session, actor: Actor, *, looking: Engine | None = None) -> None:
        self._session = session
        self._looking = looking
        self._last: tuple[Located, Decision] | None = None
        self.actor = actor

    def locate(self, parts: Sequence[str]) -> Located | None:
        """What an address leads to: the longest beginning that is a repository or group.

        `_<number>` is the permanent name of a repository. `.git` behind a name is an alias where nothing has that very name.
        Says nothing about access.
        """
        if parts and parts[0].startswith("_"):
            path = self._path_by_id(parts[0])
            if path is None:
                return None
            parts = (*path.split("/"), *parts[1:])
        candidates = _candidates(parts)
        places = self._load(key for _, key in candidates)
        for length, key in candidates:
            if key in places:
                return self._located(places, key, tuple(parts[length:]))
        return None

    def locate_path(self, path: str) -> Located | None:
        """The repository or group with exactly this path (or one of its other names), nothing behind it."""
        located = self.locate(path.split("/"))
        return located if located is not None and not located.rest else None

    def moved(self, parts: Sequence[str]) -> Moved | None:
        """Where what an address once led to is now; None where there never was anything, or nothing that the actor may read.

        Behind the path of a group there is nothing, or names of what is private could be told from such as never were.
        """
        candidates = _candidates(parts)
        rows = self._session.execute(_FORMER, {"keys": [key for _, key in candidates]}).all()
        now = {row.path_key: path_key(row.path) for row in rows}
        # Also where there is nothing to load: what is private now must not take longer than what never was.
        places = self._load(now.values())
        for length, key in candidates:
            located = self._located(places, now[key], ()) if key in now else None
            if located is None or self.decide(located).access < Access.READ:
                continue
            if located.repository or length == len(parts):
                return Moved(located.facts.path, tuple(parts[length:]))
        return None

    def may_read(self, located: Located | None) -> bool:
        """Whether there is something that the actor may read."""
        return self.decide(located).access >= Access.READ

    def at(self, path: str) -> Located | None:
        """What has exactly this path and no other name of it."""
        key = path_key(path)
        places = self._load([key])
        return self._located(places, key, ()) if key in places else None

    def decide(self, located: Located | None) -> Decision:
        """What the actor may do there, and why."""
        if located is None:
            return Decision(Access.NONE, may_create=False, reason=NO_SUCH_THING)
        # The way to a page asks about its place, and the page once more.
        if self._last is None or self._last[0] is not located:
            self._last = located, decide(self.actor, located.rules)
        return self._last[1]

    def read_repository(self, located: Located | None) -> ReadGrant[RepositoryFacts]:
        """Raises NotFound where the actor may not read, as if there were nothing."""
        facts, decision = self._repository(located, Access.READ)
        return ReadGrant(self.actor, facts, decision)

    def write_repository(self, located: Located | None) -> WriteGrant[RepositoryFacts]:
        """Raises NotFound, or Unauthenticated or Forbidden where reading is allowed and writing is not."""
        facts, decision = self._repository(located, Access.WRITE)
        return WriteGrant(self.actor, facts, decision)

    def administer_repository(self, located: Located | None) -> AdminGrant[RepositoryFacts]:
        """Raises NotFound, or Unauthenticated or Forbidden where reading is allowed and administering is not."""
        facts, decision = self._repository(located, Access.ADMIN)
        return AdminGrant(self.actor, facts, decision)

    def decisions(self, paths: Iterable[str]) -> Mapping[str, Decision]:
        """What the actor may do at each of these paths where there is something, found in one statement."""
        keys = {path: path_key(path) for path in paths}
        places = self._load(keys.values()) if keys else {}
        return {path: decide(self.actor, self._located(places, key, ()).rules) for path, key in keys.items() if key in places}

    def readable_parent(self, facts: RepositoryFacts) -> str | None:
        """The path of the repository that this one was forked from, if the actor may read that one too."""
        if facts.forked_from is None:
            return None
        located = self.at(facts.forked_from)
        return facts.forked_from if self.decide(located).access >= Access.READ else None

    def read_group(self, located: Located | None) -> ReadGrant[GroupFacts]:
        """Raises NotFound where the actor may not read the group."""
        decision = self._at_least(located, Access.READ)
        if located is None or not isinstance(located.facts, GroupFacts) or located.facts.path == ROOT_PATH:
            raise NotFound(NO_SUCH_THING)
        return ReadGrant(self.actor, located.facts, decision)

    def administer_group(self, located: Located | None) -> AdminGrant[GroupFacts]:
        """Raises NotFound, or Unauthenticated or Forbidden; the root is for site administrators."""
        decision = self._at_least(located, Access.ADMIN)
        if located is None or not isinstance(located.facts, GroupFacts):
            raise NotFound(NO_SUCH_THING)
        return AdminGrant(self.actor, located.facts, decision)

    def create_below(self, located: Located) -> CreateGrant:
        """Raises Unauthenticated or Forbidden where the actor may not make things; NotFound below a repository."""
        decision = self.decide(located)
        if not isinstance(located.facts, GroupFacts):
            raise NotFound(NO_SUCH_THING)
        if not decision.may_create:
            where = f"in {located.facts.path}" if located.facts.path else "here"
            raise self._not_enough(f"You may not create repositories {where}.")
        return CreateGrant(self.actor, located.facts, decision)

    def look_after(self, user_group_id: int) -> MembersGrant:
        """Proof that the actor may manage the members of a group of users. Raises Unauthenticated for visitors, NotFound where
        there is none or it is not the actor's."""
        duty, facts = self._user_group(user_group_id)
        return UserGroupGrant(self.actor, facts) if duty is Duty.EVERYTHING else MembersGrant(self.actor, facts)

    def administer_user_group(self, user_group_id: int) -> UserGroupGrant:
        """Proof that the actor may do everything with a group of users. Raises as `look_after`, and Forbidden for its owner."""
        duty, facts = self._user_group(user_group_id)
        if duty < Duty.EVERYTHING:
            raise Forbidden("Only administrators change or delete groups of users.", hint="Ask one of them.")
        return UserGroupGrant(self.actor, facts)

    def root(self) -> Located:
        """The place above everything."""
        return self._located(self._load([ROOT_PATH]), ROOT_PATH, ())

    def all_rules(self, path: str) -> tuple[Place, ...]:
        """Every place of a path with everybody's rules, from the thing itself to the root, to show who may do what."""
        key = path_key(path)
        places = self._load(_chain(key), every_principal=True)
        return tuple(places[k].place for k in _chain(key) if k in places)

    def rules_of(self, path: str) -> Rules:
        """The rules of what has exactly this path, for everybody: by them one can decide for any actor, wherever it comes from.

        Raises NotFound.
        """
        key = path_key(path)
        places = self._load([key], every_principal=True)
        if key not in places:
            raise NotFound(NO_SUCH_THING)
        return replace(self._located(places, key, ()).rules, networks="")

    def path_of(self, repository_id: int) -> str | None:
        """The present path of a repository, whoever asks."""
        return self._session.execute(_PATH_BY_ID, {"repository_id": repository_id}).scalar()

    @lazy
    def principals(self) -> list[str]:
        """The texts of `GrantRow.principal` that include the actor."""
        if isinstance(self.actor, Deployment):
            return []
        found = [PrincipalKind.ANYONE.value]
        if isinstance(self.actor, Member):
            found += [PrincipalKind.MEMBERS.value, f"{PrincipalKind.USER.value}:{self.actor.id}"]
            found += [f"{PrincipalKind.USER_GROUP.value}:{number}" for number in sorted(self.actor.groups)]
        return found

    def _repository(self, located: Located | None, needed: Access) -> tuple[RepositoryFacts, Decision]:
        decision = self._at_least(located, needed)
        if located is None or not isinstance(located.facts, RepositoryFacts):
            raise NotFound(NO_SUCH_THING)
        return located.facts, decision

    def _at_least(self, located: Located | None, needed: Access) -> Decision:
        decision = self.decide(located)
        if decision.access < Access.READ:
            raise NotFound(NO_SUCH_THING)
        if decision.access < needed:
            if self._is_limited_below(needed):
                # Who has the right must not be sent to ask for it.
                short = f"and this token or key gives {decision.access.word}"
                raise Forbidden(
                    f"You may not do that: it needs {needed.word} access, {short}.", hint="Use one that may do more."
                )
            raise self._not_enough(f"You may not do that: it needs {needed.word} access, and you have {decision.access.word}.")
        return decision

    def _is_limited_below(self, needed: Access) -> bool:
        actor = self.actor
        if isinstance(actor, Deployment):
            return True
        return isinstance(actor, Member) and actor.limit is not None and actor.limit.access < needed

    def _user_group(self, user_group_id: int) -> tuple[Duty, UserGroupFacts]:
        if isinstance(self.actor, Anonymous):
            raise Unauthenticated("Sign in to see this page.")
        row = self._session.get(UserGroup, user_group_id)
        duty = Duty.NONE if row is None else decide_user_group(self.actor, row.owner_id)
        if row is None or duty is Duty.NONE:
            raise NotFound(NO_SUCH_USER_GROUP)
        return duty, UserGroupFacts(row.id, row.name, row.description, row.active, row.owner_id)

    def _not_enough(self, message: str) -> Unauthenticated | Forbidden:
        if isinstance(self.actor, Anonymous):
            return Unauthenticated("Sign in to do that.")
        return Forbidden(message, hint="Ask the owner or an administrator for access.")

    def _path_by_id(self, part: str) -> str | None:
        digits = part[1:]
        if not (digits.isascii() and digits.isdigit() and len(digits) < 16):
            return None
        return self.path_of(int(digits))

    def _located(self, places: Mapping[str, _LoadedPlace], key: str, rest: tuple[str, ...]) -> Located:
        found = places[key]
        chain = tuple(places[k].place for k in _chain(key) if k in places)
        is_private = isinstance(found.facts, RepositoryFacts) and found.facts.is_private
        return Located(found.facts, Rules(chain, is_private, found.public_access, found.networks), rest)

    def _load(self, keys: Iterable[str], *, every_principal: bool = False) -> Mapping[str, _LoadedPlace]:
        """The places of these keys and of everything above them, in one statement."""
        wanted = sorted({link for key in keys for link in _chain(key)})
        return _PLACES.made(_places, self.source(), keys=wanted, principals=self.principals, every_principal=every_principal)

    def source(self) -> Connection | Engine:
        """What prepared statements of this scope are asked over."""
        if self._looking is not None and not self._session.in_transaction():
            return self._looking
        self._session.flush()
        return self._session.connection()


@dataclass(frozen=True, slots=True)
class _LoadedPlace:
    facts: RepositoryFacts | GroupFacts
    place: Place
    public_access: bool
    networks: str


def _candidates(parts: Sequence[str]) -> list[tuple[int, str]]:
    """How many parts and which key, the longest first; the exact name before the one without `.git`."""
    found: list[tuple[int, str]] = []
    beginning = ""
    for length, part in enumerate(parts, start=1):
        beginning = f"{beginning}/{part}" if beginning else part
        if not part or len(beginning) > MAX_PATH + len(".git"):
            break
        if part.endswith(".git") and part != ".git":
            found.append((length, path_key(beginning.removesuffix(".git"))))
        found.append((length, path_key(beginning)))
    return found[::-1]


@lru_cache(maxsize=4096)
def _chain(key: str) -> tuple[str, ...]:
    """The key, then those above it, the root last."""
    if key == ROOT_PATH:
        return (ROOT_PATH,)
    return (key, *(parent.text for parent in reversed(NamespacePath(key).parents)), ROOT_PATH)


def _places(rows: Sequence[Any]) -> Mapping[str, _LoadedPlace]:
    """The places that these rows of `_PLACES` tell of, by their keys."""
    found: dict[str, list[Any]] = {}
    for row in rows:
        found.setdefault(row.path_key, []).append(row)
    return {key: _loaded(of_one) for key, of_one in found.items()}


def _loaded(rows: list[Any]) -> _LoadedPlace:
    row = rows[0]
    rules = tuple(
        Rule(_principal(r), Access(r.access), r.may_create)
        for r in rows
        if r.principal is not None and not (r.principal.startswith("group:") and r.user_group_name is None)
    )
    facts: RepositoryFacts | GroupFacts
    if row.repository_id is not None:
        facts = RepositoryFacts(
            id=row.repository_id,
            namespace_id=row.namespace_id,
            path=row.path,
            kind=Kind(row.kind),
            description=row.repository_description,
            is_private=row.is_private,
            owner_id=row.repository_owner_id,
            location=row.location,
            publishing=row.publishing,
            landing=row.landing,
            created_at=row.created_at,
            issue_links=row.issue_links or "",
            pictures=row.pictures or "",
            state=row.state,
            relations=row.relations,
            forked_from=row.forked_from,
        )
    else:
        facts = GroupFacts(row.group_id or 0, row.namespace_id, row.path, row.group_description or "", row.group_owner_id)
    place = Place(row.path, rules, facts.owner_id, row.inherits, row.namespace_id)
    return _LoadedPlace(facts, place, row.public_access != "false", row.networks or "")


def _principal(row: Any) -> Principal:
    kind, _, number = row.principal.partition(":")
    return Principal(PrincipalKind(kind), int(number) if number else None, row.user_name or row.user_group_name or "")
