"""One page, by path, of what an actor may read among very many namespaces: where to begin is measured before.

Going along the paths and asking of each whether it may be read is fast where much may be read, or where there is little.
Starting from the grants is fast where little may be read of much. Both find the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import case, func, literal, select
from sqlalchemy.orm import Session

from kallithea.lib.names import path_key
from kallithea.model import Namespace, Repository
from kallithea.services.access.visibility import Viewer, may_be_read, readable
from kallithea.services.keysets import COUNTED_AT_MOST, Start

STEPS = 2000
"""So many namespaces are looked at one by one before the grants are asked instead."""


@dataclass(frozen=True, slots=True)
class _Measures:
    """`edge` is how far STEPS lead, None: to the end. `readable` are repositories, and more than COUNTED_AT_MOST only if it
    is certain."""

    is_small: bool
    edge: str | None
    readable: int


class Walk:
    """Goes through rows of `Namespace`, outer-joined with `Repository`: all, or those below a path."""

    def __init__(self, session: Session, rows: Any, viewer: Viewer, values: Mapping[str, Any], *, below: str = "") -> None:
        self._session = session
        self._viewer = viewer
        self._values = values
        self._below = path_key(below)
        self._rows = self._within(rows)

    def page(
        self, start: Start[str], *, limit: int, offset: int = 0, is_narrow: bool = False, is_all: bool = False
    ) -> Sequence[Any]:
        """The rows of the page, each with the `total` of all pages, counted to COUNTED_AT_MOST.

        `is_narrow` says that there are few rows whoever asks, `is_all` that every repository is one.
        """
        checked = self._rows.where(may_be_read(self._viewer))
        if is_narrow and start == Start():
            # All of them are looked at anyway, so they are counted in passing.
            return self._taken(checked, func.count().over(), start, offset, limit)
        if is_narrow or self._viewer in (Viewer.EVERYTHING, Viewer.NOBODY):
            return self._taken(checked, _total(checked), start, offset, limit)
        measures = self._measured(start)
        if measures.is_small:
            return self._taken(checked, _total(checked), start, offset, limit)
        granted = self._rows.where(Namespace.id.in_(readable(self._viewer)))
        if measures.readable <= COUNTED_AT_MOST:
            return self._taken(granted, _total(granted), start, offset, limit)
        total: Any = literal(COUNTED_AT_MOST + 1) if is_all and not self._below else _total(granted)
        found = self._taken(_up_to(measures.edge, checked, start), total, start, offset, limit)
        if len(found) == limit or measures.edge is None:
            return found
        return self._taken(granted, total, start, offset, limit)

    def _measured(self, start: Start[str]) -> _Measures:
        keys = self._within(select(Namespace.path_key))
        few = readable(self._viewer).subquery()
        # Cut off before what is there twice is taken out, which PostgreSQL would do with all of them.
        repositories = select(Repository.id).join(few, few.c.namespace_id == Repository.namespace_id)
        some = repositories.limit(2 * (COUNTED_AT_MOST + 1)).subquery()
        counted = select(func.count(some.c.id.distinct())).scalar_subquery()
        whole = keys.order_by(Namespace.path_key).offset(STEPS).limit(1).scalar_subquery()
        statement = select(
            whole.label("whole"),
            _in_order(keys, start).offset(STEPS).limit(1).scalar_subquery().label("edge"),
            case((whole.is_(None), 0), else_=counted).label("readable"),
        )
        row = self._session.execute(statement, self._values).one()
        return _Measures(row.whole is None, row.edge, row.readable)

    def _taken(self, rows: Any, total: Any, start: Start[str], offset: int, limit: int) -> Sequence[Any]:
        page = _in_order(rows.add_columns(total.label("total")), start).offset(offset).limit(limit)
        found = self._session.execute(page, self._values).all()
        return found[::-1] if start.before is not None else found

    def _within(self, rows: Any) -> Any:
        if not self._below:
            return rows
        # What begins with "web/" is before "web0", which is the next thing that does not.
        return rows.where(Namespace.path_key > f"{self._below}/", Namespace.path_key < f"{self._below}0")


def _in_order(rows: Any, start: Start[str]) -> Any:
    key = Namespace.path_key
    if start.before is not None:
        return rows.where(key < path_key(start.before)).order_by(key.desc())
    if start.after is not None:
        rows = rows.where(key > path_key(start.after))
    return rows.order_by(key)


def _up_to(edge: str | None, rows: Any, start: Start[str]) -> Any:
    if edge is None:
        return rows
    return rows.where(Namespace.path_key >= edge if start.before is not None else Namespace.path_key <= edge)


def _total(rows: Any) -> Any:
    some = rows.with_only_columns(Namespace.id, maintain_column_froms=True).limit(COUNTED_AT_MOST + 1).subquery()
    return select(func.count()).select_from(some).scalar_subquery()
