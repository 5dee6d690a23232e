"""Keeps the closure of inheriting right: for each namespace, where what counts on it is granted."""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import Select, and_, delete, insert, select
from sqlalchemy.orm import Session, aliased

from kallithea.model import ROOT_PATH, GrantSource, Namespace
from kallithea.services.pieces import pieces

_ROOT = select(Namespace.id).where(Namespace.path_key == ROOT_PATH)


class GrantSources:
    """The verbs on the closure; whoever makes, moves or cuts off a namespace calls them in the same transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def hold_tree(self) -> None:
        """Nobody else makes, moves or cuts off anything until the transaction ends. (SQLite has one writer anyway.)

        Whoever moves or cuts off needs it, before anything else: what is made below meanwhile would miss what changes above.
        """
        self._session.execute(_ROOT.with_for_update())

    def share_tree(self) -> None:
        """Nobody moves or cuts off anything until the transaction ends; others may make things at the same time."""
        self._session.execute(_ROOT.with_for_update(read=True))

    def enter(self, namespace: Namespace) -> None:
        """What counts on a new namespace, which lies below nothing yet."""
        self._session.execute(insert(GrantSource).values(namespace_id=namespace.id, source_id=namespace.id))
        self._inherit(namespace)

    def follow(self, namespace: Namespace) -> None:
        """What counts on a namespace that has another parent now, or inherits otherwise, and on all that inherits from it.

        What is cut off from it below is as it was.
        """
        former = self._session.scalars(
            select(GrantSource.source_id).where(GrantSource.namespace_id == namespace.id, GrantSource.source_id != namespace.id)
        ).all()
        if former:
            # Through a table of its own: MySQL does not read from what it deletes from.
            heirs = select(GrantSource.namespace_id).where(GrantSource.source_id == namespace.id).subquery()
            stale = GrantSource.source_id.in_(former), GrantSource.namespace_id.in_(select(heirs.c.namespace_id))
            self._session.execute(delete(GrantSource).where(*stale), execution_options={"synchronize_session": False})
        self._inherit(namespace)

    def switch(self, namespace: Namespace, inherits: bool) -> bool:
        """Say whether what is granted above a namespace counts on it, and on what is below it, too; what was said before."""
        self.hold_tree()
        self._session.refresh(namespace)
        before, namespace.inherits = namespace.inherits, inherits
        self._session.flush()
        self.follow(namespace)
        return before

    def is_right(self) -> bool:
        """Whether the whole is what it follows from. Reads all of it, and holds nobody up."""
        return not any(self._session.execute(differing.limit(1)).first() for differing in (_missing(), _superfluous()))

    def repair(self) -> int:
        """Compare the whole with what it follows from, and put right what differs: so many entries."""
        self.hold_tree()
        superfluous = self._session.scalars(_superfluous()).all()
        for some in pieces(superfluous):
            self._session.execute(delete(GrantSource).where(GrantSource.id.in_(some)))
        missing = [dict(row) for row in self._session.execute(_missing()).mappings()]
        if missing:
            self._session.execute(insert(GrantSource), missing)
        return len(missing) + len(superfluous)

    def _inherit(self, namespace: Namespace) -> None:
        """What counts on the parent counts on all that inherits from the namespace, if it inherits itself."""
        if not namespace.inherits:
            return
        heir, above = aliased(GrantSource), aliased(GrantSource)
        inherited: Any = (
            select(heir.namespace_id, above.source_id)
            .join(above, above.namespace_id == namespace.parent_id)
            .where(heir.source_id == namespace.id)
        )
        self._session.execute(insert(GrantSource).from_select(["namespace_id", "source_id"], inherited))


@cache
def _missing() -> Select[Any]:
    """What ought to be in the closure, and is not."""
    right = _computed().subquery()
    present = and_(GrantSource.namespace_id == right.c.namespace_id, GrantSource.source_id == right.c.source_id)
    return select(right).outerjoin(GrantSource, present).where(GrantSource.id.is_(None))


@cache
def _superfluous() -> Select[Any]:
    """The numbers of the entries of the closure that ought not to be there."""
    right = _computed().subquery()
    ought = and_(GrantSource.namespace_id == right.c.namespace_id, GrantSource.source_id == right.c.source_id)
    return select(GrantSource.id).outerjoin(right, ought).where(right.c.namespace_id.is_(None))


def _computed() -> Select[tuple[int, int]]:
    """The closure as it follows from the namespaces. The root grants nothing to what is below it, so it is in no entry."""
    own, above = aliased(Namespace), aliased(Namespace)
    up: Any = (
        select(own.id.label("namespace_id"), own.id.label("source_id"), own.parent_id, own.inherits)
        .where(own.parent_id.is_not(None))
        .cte("up", recursive=True)
    )
    further = (
        select(up.c.namespace_id, above.id, above.parent_id, above.inherits)
        .join(above, above.id == up.c.parent_id)
        .where(up.c.inherits, above.parent_id.is_not(None))
    )
    whole = up.union_all(further)
    return select(whole.c.namespace_id, whole.c.source_id)
