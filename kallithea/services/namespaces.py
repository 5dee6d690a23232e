"""Making, moving and ending paths, whether a repository or a group has them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from kallithea.lib.access import Access, PrincipalKind
from kallithea.lib.clock import Clock
from kallithea.lib.errors import Conflict, Invalid
from kallithea.lib.names import MAX_PATH, NamespacePath
from kallithea.model import ROOT_PATH, FormerPath, GrantRow, Group, Namespace, User
from kallithea.services.access.control import AccessControl
from kallithea.services.access.grants import CreateGrant
from kallithea.services.access.sources import GrantSources
from kallithea.services.audit import Audit, Target
from kallithea.services.pieces import pieces
from kallithea.services.searching import SearchIndex
from kallithea.services.site_settings import SiteSettings

MAX_KEY = 510
"""Characters of `Namespace.path_key`."""


@dataclass(frozen=True, slots=True)
class _Moving:
    """A namespace on its way: what it was called, and what it will be."""

    id: int
    old_key: str
    path: str
    key: str


class Namespaces:
    """The verbs on paths. Where one may make something is looked at here, for all who do."""

    def __init__(self, session: Session, *, access: AccessControl, audit: Audit, settings: SiteSettings, clock: Clock) -> None:
        self._session = session
        self._access = access
        self._audit = audit
        self._settings = settings
        self._clock = clock
        self._sources = GrantSources(session)
        self._search = SearchIndex(session)

    def claim(self, path: NamespacePath, owner: User, description: str = "") -> Namespace:
        """A new namespace for the path, below groups that are made where they are missing. It can be found by the description
        that what has it will have.

        Raises Conflict for a taken name, Unauthenticated, Forbidden.
        """
        reader = self._settings.permissions().new_are_read_by
        return self._add(path, self._make_way(path, owner, reader), reader, description)

    def described(self, namespace: Namespace) -> None:
        """Find the namespace by the description that what has it has now."""
        self._search.follow(namespace)

    def move(self, namespace: Namespace, path: NamespacePath, *, owner: User) -> None:
        """Give a namespace another path, and with it all that is below it, or nothing at all.

        The groups above are made where the actor may and then belong to `owner`; nobody else gets a grant on them, as that
        would open what is moved. Whoever asks for one of the old paths is led to the new one. Raises Invalid, Conflict,
        Unauthenticated, Forbidden.
        """
        old_key = namespace.path_key
        self._sources.hold_tree()
        self._session.refresh(namespace)
        if namespace.path_key != old_key:
            raise _just_moved(old_key)
        if path.key.startswith(f"{old_key}/"):
            raise Invalid("A group cannot move into itself.", fields={"group_name": "This lies in the group itself."})
        moving = [_Moving(namespace.id, old_key, path.text, path.key), *self._below(namespace, path)]
        if path.key != old_key:
            namespace.parent_id = self._make_way(path, owner, None)
            self._remember(moving)
        namespace.path, namespace.path_key = path.text, path.key
        self._session.flush()
        self._sources.follow(namespace)
        self._search.follow(namespace)
        if below := [{"id": one.id, "path": one.path, "path_key": one.key} for one in moving[1:]]:
            self._session.execute(update(Namespace), below)

    def release(self, namespace: Namespace) -> None:
        """End a namespace that nothing has any more, with what was granted on it."""
        self._session.delete(namespace)
        self._session.flush()

    def recall(self, namespace: Namespace, former: Mapping[str, datetime]) -> None:
        """Have paths lead here again, by their keys, with when it left them; not what something else has, or had since."""
        taken: set[str] = set()
        for some in pieces(former):
            taken.update(self._session.scalars(select(Namespace.path_key).where(Namespace.path_key.in_(some))))
            taken.update(self._session.scalars(select(FormerPath.path_key).where(FormerPath.path_key.in_(some))))
        rows = [{"path_key": key, "moved_at": at} for key, at in former.items() if key not in taken]
        if rows:
            self._session.execute(insert(FormerPath), [{**row, "namespace_id": namespace.id} for row in rows])

    def _below(self, namespace: Namespace, path: NamespacePath) -> Iterator[_Moving]:
        """What lies below, as it will be called. Held until the end of the transaction, so that nothing comes in meanwhile."""
        self._hold(namespace.id)
        depth = namespace.path_key.count("/") + 1
        pattern = namespace.path_key.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        statement = (
            select(Namespace.id, Namespace.path, Namespace.path_key)
            .where(Namespace.path_key.like(f"{pattern}/%", escape="\\"))
            .with_for_update()
        )
        for row in self._session.execute(statement):
            # By parts, not by length: the spelling above may differ in its cases from the group's, and so in its length.
            new = "/".join((path.text, *row.path.split("/")[depth:]))
            key = "/".join((path.key, *row.path_key.split("/")[depth:]))
            if len(new) > MAX_PATH or len(key) > MAX_KEY:
                # Not said which: whoever moves a group need not be able to see all that is in it.
                reason = f"A path has at most {MAX_PATH} characters, and one in this group would get {len(new)}."
                raise Invalid(reason, fields={"group_name": reason})
            yield _Moving(row.id, row.path_key, new, key)

    def _remember(self, moving: Sequence[_Moving]) -> None:
        """Enter where all of them were; an older thing that was there once is not led to any more."""
        self._forget(one.old_key for one in moving)
        self._forget(one.key for one in moving)
        now = self._clock()
        rows = [{"path_key": one.old_key, "namespace_id": one.id, "moved_at": now} for one in moving]
        self._session.execute(insert(FormerPath), rows)

    def _forget(self, keys: Iterable[str]) -> None:
        for some in pieces(keys):
            self._session.execute(delete(FormerPath).where(FormerPath.path_key.in_(some)))

    def _make_way(self, path: NamespacePath, owner: User, reader: PrincipalKind | None) -> int:
        """Make the missing groups above a free path, to be read by `reader`; gives the namespace id of the last.

        Raises Conflict, Unauthenticated, Forbidden.
        """
        grant, depth = self._nearest_group(path)
        namespace_id = grant.target.namespace_id
        if grant.target.path != ROOT_PATH:
            self._sources.share_tree()
        if self._hold(namespace_id) != grant.target.path:
            raise _just_moved(grant.target.path)
        for parent in path.parents[depth:]:
            group = Group(namespace=self._add(parent, namespace_id, reader), owner=owner, created_at=self._clock())
            self._session.add(group)
            self._session.flush()
            self._audit.record("group.create", Target("group", group.id, parent.text), after={"owner": owner.name})
            namespace_id = group.namespace.id
        return namespace_id

    def _hold(self, namespace_id: int) -> str | None:
        """Keep a namespace as it is until the end of the transaction; its path. (SQLite has one writer anyway.)"""
        return self._session.execute(select(Namespace.path).where(Namespace.id == namespace_id).with_for_update()).scalar()

    def _nearest_group(self, path: NamespacePath) -> tuple[CreateGrant, int]:
        """The deepest group there is on the way, with proof that the actor may create there, and how many parents exist."""
        depth, nearest = 0, self._access.root()
        for part in (*path.parents, path):
            below = self._access.at(part.text)
            if below is None:
                break
            if part is path or below.repository is not None or self._access.decide(below).access < Access.READ:
                # Not said by what: who may create here learns that the name is taken, others only that they may not create.
                self._access.create_below(nearest)
                raise Conflict(f"{part} is taken.", hint="Choose another name.")
            depth, nearest = depth + 1, below
        grant = self._access.create_below(nearest)
        # An adopted x.git would hide behind a new x, as x.git is also how clients may write x.
        if self._access.at(f"{path}.git") is not None:
            raise Conflict(f"{path}.git is taken.", hint="Choose another name.")
        return grant, depth

    def _add(self, path: NamespacePath, parent_id: int, reader: PrincipalKind | None, description: str = "") -> Namespace:
        namespace = Namespace(path=path.text, path_key=path.key, parent_id=parent_id)
        self._session.add(namespace)
        self._session.flush()
        self._sources.enter(namespace)
        self._search.enter(namespace, description)
        self._forget([path.key])
        # What is made at the top can be read by whom the site says until its owner says otherwise; what is below inherits.
        if "/" not in path.text and reader is not None:
            self._session.add(GrantRow(namespace_id=namespace.id, principal=reader.value, access=Access.READ))
        return namespace


def _just_moved(path: str) -> Conflict:
    return Conflict(f"{path} has just been moved.", hint="Try again.")
