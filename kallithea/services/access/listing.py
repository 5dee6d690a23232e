"""The repositories and groups that an actor may see, filtered by the database; never by loading them all."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import bindparam, func, or_, select
from sqlalchemy.orm import Session

from kallithea.lib.access import Access, PrincipalKind
from kallithea.lib.names import path_key
from kallithea.lib.vcs import Kind
from kallithea.model import Following, GrantRow, Group, Namespace, Repository, SearchText
from kallithea.services.access.control import AccessControl
from kallithea.services.access.decision import Decision
from kallithea.services.access.visibility import (
    NOBODY,
    PRINCIPALS,
    Viewer,
    may_be_read,
    places_of,
    readable,
    values_of,
    viewer_of,
    within_places,
)
from kallithea.services.access.walking import Walk
from kallithea.services.actors import Deployment, Member
from kallithea.services.keysets import COUNTED_AT_MOST, Start
from kallithea.services.prepared import Prepared
from kallithea.services.searching import LOOKED_UP, NOTHING, Candidates, SearchIndex, words_of

_PUBLIC_FORKS = Prepared(
    select(func.count().label("forks")).select_from(
        select(Repository.id)
        .join(Namespace, Namespace.id == Repository.namespace_id)
        .where(Repository.forked_from_id == bindparam("parent"), may_be_read(Viewer.VISITOR))
        .limit(COUNTED_AT_MOST + 1)
        .subquery()
    )
)


@dataclass(frozen=True, slots=True)
class RepositoryLine:
    """A repository as lists show it; the tip is None while it is empty, or while it is still being copied."""

    id: int
    path: str
    kind: Kind
    description: str
    is_private: bool
    state: str
    tip_id: str | None
    tip_author: str | None
    tip_summary: str | None
    tip_at: datetime | None


@dataclass(frozen=True, slots=True)
class ListingFilter:
    """What to list: words that must all occur in path or description (`searching.Word`), one kind, below one group; the forks
    of a repository, what a member follows."""

    text: str = ""
    kind: Kind | None = None
    below: str = ""
    forks_of: int | None = None
    followed_by: int | None = None


@dataclass(frozen=True, slots=True)
class ListedPage:
    """A page of a list, and how many repositories there are in all; counting stops behind COUNTED_AT_MOST, and None is for
    what is so frequent that it was not counted."""

    lines: Sequence[RepositoryLine]
    total: int | None


class Listing:
    """Lists what one actor may see. It follows the same rules as `decision.decide`, which a property test holds."""

    def __init__(self, session: Session, access: AccessControl) -> None:
        self._session = session
        self._access = access
        self._viewer = viewer_of(access)
        self._is_bound = places_of(access) is not None
        self._values = values_of(access)

    def repositories(
        self, wanted: ListingFilter, *, start: Start[str] = Start(), offset: int = 0, limit: int = 100
    ) -> ListedPage:
        """A page of visible repositories by path: behind a path or before one, or else behind so many of them, which cannot be
        more than are counted."""
        if offset > COUNTED_AT_MOST:
            return ListedPage([], COUNTED_AT_MOST + 1)
        among = self._among(wanted)
        if among is NOTHING:
            return ListedPage([], 0)
        rows = _filtered(_ROWS, wanted, among)
        walk = Walk(self._session, rows, self._viewer, self._values, below=wanted.below, among=among)
        found = walk.page(start, offset=offset, limit=limit, is_all=not (wanted.text or wanted.kind))
        lines = [
            RepositoryLine(
                row.id, row.path, Kind(row.kind), row.description, row.is_private, row.state,
                row.tip_id, row.tip_author, row.tip_summary, row.tip_at,
            )
            for row in self._decided(found)
        ]  # fmt: skip
        if not lines:
            return ListedPage([], 0)
        total = found[0].total
        if total is None and start == Start() and len(found) < limit:
            total = offset + len(found)
        return ListedPage(lines, None if total is None else min(total, COUNTED_AT_MOST + 1) - len(found) + len(lines))

    def public_forks(self, repository_id: int) -> int:
        """How many forks of a repository are there for everybody, whoever asks: what may be told to all who read the parent."""
        (row,) = _PUBLIC_FORKS.rows(
            self._access.source(), parent=repository_id, principals=[PrincipalKind.ANYONE.value], actor_id=NOBODY
        )
        return int(row.forks)

    def groups(self, below: str = "") -> Sequence[tuple[str, str]]:
        """Path and description of the visible groups directly below a group or at the top."""
        statement = _groups().where(
            Namespace.parent_id == select(Namespace.id).where(Namespace.path_key == path_key(below)).scalar_subquery(),
            may_be_read(self._viewer),
        )
        if self._is_bound:
            statement = statement.where(within_places())
        return [(row.path, row.description) for row in self._decided(self._session.execute(statement, self._values))]

    def groups_to_create_in(self) -> Sequence[str]:
        """The paths of the groups directly in which the actor may make repositories."""
        actor = self._access.actor
        if isinstance(actor, Member) and actor.limit is not None and actor.limit.access < Access.ADMIN:
            return []
        statement = _groups()
        if self._is_bound:
            statement = statement.where(within_places())
        if self._viewer is not Viewer.EVERYTHING:
            # What one may not read is not offered, though who knows the name may create in it.
            allowed = select(GrantRow.namespace_id).where(GrantRow.may_create, GrantRow.principal.in_(PRINCIPALS))
            administered = readable(self._viewer, Access.ADMIN)
            statement = statement.where(
                or_(Namespace.id.in_(allowed), Namespace.id.in_(administered)), may_be_read(self._viewer)
            )
        found = self._session.execute(statement.limit(200), self._values)
        return [row.path for row in self._decided(found, lambda decision: decision.may_create)]

    def _among(self, wanted: ListingFilter) -> Candidates | None:
        """The namespaces among which alone there can be something; None: all."""
        if wanted.forks_of is not None:
            return Candidates(select(Repository.namespace_id).where(Repository.forked_from_id == wanted.forks_of), are_few=True)
        if wanted.followed_by is not None:
            followed = select(Following.repository_id).where(Following.user_id == wanted.followed_by)
            return Candidates(select(Repository.namespace_id).where(Repository.id.in_(followed)), are_few=True)
        if self._is_bound:
            return Candidates(select(Namespace.id).where(within_places()), are_few=True)
        return SearchIndex(self._session).candidates(words_of(wanted.text)) if wanted.text else None

    def _decided(self, rows: Iterable[Any], suits: Callable[[Decision], bool] = lambda _decision: True) -> Sequence[Any]:
        """The rows that the decision itself lets the actor see, and that suit.

        The closure, by which they were found, can be behind: an earlier release on the same tables does not know it. What is
        missing in it is missing in lists until it is repaired; what it has too much must not be shown meanwhile.
        """
        found = list(rows)
        if self._viewer is Viewer.EVERYTHING and not isinstance(self._access.actor, Deployment):
            return found
        decisions = self._access.decisions(row.path for row in found)
        may_see = {path for path, said in decisions.items() if said.access >= Access.READ and suits(said)}
        return [row for row in found if row.path in may_see]


_ROWS: Any = (
    select(
        Repository.id, Namespace.path, Repository.kind, Repository.description, Repository.is_private, Repository.state,
        Repository.tip_id, Repository.tip_author, Repository.tip_summary, Repository.tip_at,
    )
    .select_from(Namespace)
    .join(Repository, Repository.namespace_id == Namespace.id)
)  # fmt: skip
"""What a list shows of a repository."""


@cache
def _groups() -> Any:
    return (
        select(Namespace.path, Group.description)
        .select_from(Namespace)
        .join(Group, Group.namespace_id == Namespace.id)
        .outerjoin(Repository, Repository.namespace_id == Namespace.id)
        .order_by(Namespace.path_key)
    )


def _filtered(statement: Any, wanted: ListingFilter, among: Candidates | None) -> Any:
    words = words_of(wanted.text)
    if words and among is not None and among.are_few:
        statement = statement.where(*(word.occurs(LOOKED_UP) for word in words))
    elif words:
        statement = statement.outerjoin(SearchText, SearchText.namespace_id == Namespace.id)
        statement = statement.where(*(word.occurs() for word in words))
    return statement if wanted.kind is None else statement.where(Repository.kind == wanted.kind.value)
