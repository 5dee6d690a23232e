"""One page, by path, of what an actor may read among very many namespaces: where to begin is measured before.

Going along the paths and asking of each whether it may be read is fast where much may be read, or where there is little.
Starting from the grants is fast where little may be read of much. Both find the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import case, func, literal, null, or_, select
from sqlalchemy.orm import Session

from kallithea.lib.names import path_key
from kallithea.model import Namespace, Repository
from kallithea.services.access.visibility import Viewer, may_be_read, readable
from kallithea.services.keysets import COUNTED_AT_MOST, Start
from kallithea.services.searching import Candidates
from kallithea.services.sets import made_once

STEPS = 1000
"""So many namespaces are looked at one by one before the grants are asked instead."""
REACH = 200
"""So many rows a page may be behind by its number alone, where more can be read than are counted."""
BEHIND_ALL = "\U0010ffff"
NO_NUMBER = 0


class Walk:
    """Goes through rows of `Namespace`, outer-joined with `Repository`: all, or those below a path."""

    def __init__(
        self,
        session: Session,
        rows: Any,
        viewer: Viewer,
        values: Mapping[str, Any],
        *,
        below: str = "",
        among: Candidates | None = None,
    ) -> None:
        self._session = session
        self._viewer = viewer
        self._values = values
        self._below = path_key(below)
        self._among = among
        self._unlimited = self._below_only(rows)
        self._rows = self._within(rows)
        self._walked = self._within(rows, is_walked=True)

    def page(self, start: Start[str], *, limit: int, offset: int = 0, is_all: bool = False) -> Sequence[Any]:
        """The rows of the page, each with the `total` of all pages, counted to COUNTED_AT_MOST; None where that is not known
        without looking much farther. `is_all` says that every repository is one."""
        may_be = may_be_read(self._viewer)
        checked = self._rows.where(may_be)
        if self._among is not None and self._among.are_few:
            return self._all(checked, start, offset, limit)
        if self._among is not None:
            found = self._taken(self._first(self._among, start).where(may_be), null(), start, offset, limit)
            if len(found) == limit:
                return found
        if self._viewer in (Viewer.EVERYTHING, Viewer.NOBODY):
            total = _counted(checked) if self._among is None else null()
            return self._taken(self._walked.where(may_be), total, start, offset, limit)
        is_small, readable_ones = self._measured()
        if is_small:
            return self._all(checked, start, offset, limit)
        granted = self._rows.where(Namespace.id.in_(readable(self._viewer)))
        if readable_ones <= COUNTED_AT_MOST:
            return self._all(granted, start, offset, limit)
        if offset > REACH:
            return []
        # Of all repositories it is known, of what is below a group it is found soon; what a filter finds is not counted.
        many: Any = _counted(granted) if self._below else literal(COUNTED_AT_MOST + 1)
        if self._among is None:
            near = self._near(self._walked.where(may_be), start)
            found = self._taken(near, many if is_all else null(), start, offset, limit)
            if len(found) == limit:
                return found
        return self._taken(granted, many, start, offset, limit) if is_all else self._all(granted, start, offset, limit)

    def _measured(self) -> tuple[bool, int]:
        """Whether there are fewer than STEPS namespaces, and else how many repositories the actor may read: more than
        COUNTED_AT_MOST only if that is certain."""
        few = readable(self._viewer).subquery()
        # Cut off before what is there twice is taken out, which PostgreSQL would do with all of them.
        repositories = select(Repository.id).join(few, few.c.namespace_id == Repository.namespace_id)
        some = repositories.limit(2 * (COUNTED_AT_MOST + 1)).subquery()
        counted = select(func.count(some.c.id.distinct())).scalar_subquery()
        far = self._below_only(select(Namespace.id)).order_by(Namespace.path_key).offset(STEPS).limit(1).scalar_subquery()
        row = self._session.execute(select(case((far.is_(None), -1), else_=counted)), self._values).one()
        return row[0] < 0, row[0]

    def _near(self, rows: Any, start: Start[str]) -> Any:
        """Those of the rows that are in the first STEPS namespaces."""
        keys = self._within(select(Namespace.path_key), is_walked=True)
        edge = _in_order(keys, Namespace.path_key, start).offset(STEPS).limit(1).scalar_subquery()
        if start.before is not None:
            return rows.where(Namespace.path_key >= func.coalesce(edge, ""))
        return rows.where(Namespace.path_key <= func.coalesce(edge, BEHIND_ALL))

    def _first(self, among: Candidates, start: Start[str]) -> Any:
        """Those of the rows that are among the first STEPS candidates, with every candidate up to there."""
        candidates = among.paths.subquery()
        keys = _in_order(select(candidates.c.path_key), candidates.c.path_key, start).limit(STEPS)
        return self._unlimited.where(Namespace.path_key.in_(select(made_once(keys, "first").c.path_key)))

    def _all(self, rows: Any, start: Start[str], offset: int, limit: int) -> Sequence[Any]:
        """A page of rows of which all are looked at anyway, and counted."""
        # Made as a set, as PostgreSQL would walk along the paths else, until it has found so many as the page wants.
        found = made_once(rows.add_columns(Namespace.path_key), "found")
        total = select(func.count()).select_from(found).scalar_subquery()
        return self._page(select(found, total.label("total")), found.c.path_key, start, offset, limit)

    def _taken(self, rows: Any, total: Any, start: Start[str], offset: int, limit: int) -> Sequence[Any]:
        return self._page(rows.add_columns(total.label("total")), Namespace.path_key, start, offset, limit)

    def _page(self, rows: Any, key: Any, start: Start[str], offset: int, limit: int) -> Sequence[Any]:
        found = self._session.execute(_in_order(rows, key, start).offset(offset).limit(limit), self._values).all()
        return found[::-1] if start.before is not None else found

    def _below_only(self, rows: Any) -> Any:
        if not self._below:
            return rows
        # What begins with "web/" is before "web0", which is the next thing that does not.
        return rows.where(Namespace.path_key > f"{self._below}/", Namespace.path_key < f"{self._below}0")

    def _within(self, rows: Any, *, is_walked: bool = False) -> Any:
        rows = self._below_only(rows)
        if self._among is None:
            return rows
        among = Namespace.id.in_(self._among.numbers)
        # Behind `or` a set is only looked into; databases would find all of its rows otherwise, and put them in order.
        return rows.where(or_(among, Namespace.id == NO_NUMBER) if is_walked else among)


def _in_order(rows: Any, key: Any, start: Start[str]) -> Any:
    if start.before is not None:
        return rows.where(key < path_key(start.before)).order_by(key.desc())
    if start.after is not None:
        rows = rows.where(key > path_key(start.after))
    return rows.order_by(key)


def _counted(rows: Any) -> Any:
    some = rows.with_only_columns(Namespace.id, maintain_column_froms=True).limit(COUNTED_AT_MOST + 1).subquery()
    return select(func.count()).select_from(some).scalar_subquery()
