"""The closure of inheriting stays what follows from the tree, whatever is done with it."""

from __future__ import annotations

import itertools
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert, select

from kallithea.lib.errors import KallitheaError
from kallithea.model import GrantSource, Namespace
from kallithea.services.access.decision import effective_places
from kallithea.services.access.sources import GrantSources
from kallithea.services.actors import Member
from tests.services.conftest import Ledger

Step = tuple[str, str, str | bool | None]
_numbers = itertools.count()
paths = st.lists(st.sampled_from("abc"), min_size=1, max_size=4).map("/".join)
steps = st.one_of(
    st.tuples(st.just("make"), paths, st.none()),
    st.tuples(st.just("move"), paths, paths),
    st.tuples(st.just("inherit"), paths, st.booleans()),
    st.tuples(st.just("delete"), paths, st.none()),
)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(st.lists(paths, min_size=2, max_size=4), st.lists(steps, min_size=1, max_size=8))
def test_whatever_is_done_with_the_tree_the_closure_follows(
    ledger: Ledger, admin: Member, first: list[str], then: list[Step]
) -> None:
    top = f"example{next(_numbers)}"
    for step in [*(("make", path, None) for path in first), *then]:
        # What is refused changes nothing, which is compared too.
        with suppress(KallitheaError):
            do(ledger, top, *step)
        assert kept(ledger) == expected(ledger)


def test_the_closure_names_the_places_that_the_decision_counts(ledger: Ledger, admin: Member) -> None:
    for path in ("web/shop/a", "web/shop/deep/b"):
        ledger.repository(path, admin)
    do(ledger, "web", "inherit", "shop/deep", False)

    closure = kept(ledger)

    with ledger.app.system_scope() as scope:
        for path in ("web", "web/shop", "web/shop/a", "web/shop/deep", "web/shop/deep/b"):
            rules = scope.access.rules_of(path)
            counted = {(rules.places[0].number, place.number) for place in effective_places(rules)}
            assert counted == {pair for pair in closure if pair[0] == rules.places[0].number}


@pytest.mark.parametrize("damage", ["too little", "too much"])
def test_a_damaged_closure_is_repaired(ledger: Ledger, admin: Member, damage: str) -> None:
    ledger.repository("web/shop/a", admin)
    ledger.repository("other", admin)
    right = kept(ledger)
    with ledger.app.session() as session, session.begin():
        if damage == "too little":
            session.execute(delete(GrantSource).where(GrantSource.namespace_id != GrantSource.source_id))
        else:
            ends = select(Namespace.id).where(Namespace.path.in_(["web/shop/a", "other"]))
            one, other = session.scalars(ends).all()
            session.execute(insert(GrantSource).values(namespace_id=one, source_id=other))

    with ledger.app.session() as session, session.begin():
        differing = GrantSources(session).repair()

    assert differing == (3 if damage == "too little" else 1)
    assert kept(ledger) == right
    with ledger.app.session() as session, session.begin():
        assert GrantSources(session).repair() == 0


def do(ledger: Ledger, top: str, what: str, path: str, value: str | bool | None) -> None:
    """One step below the group `top`."""
    with ledger.app.system_scope() as scope:
        owner, where = scope.accounts.first_administrator(), f"{top}/{path}"
        if what == "make":
            scope.groups.create(where, owner=owner)
            return
        grant = scope.access.administer_group(scope.access.at(where))
        if what == "move":
            scope.groups.rename(grant, f"{top}/{value}")
        elif what == "inherit":
            scope.granting.set_inherits(grant, bool(value))
        else:
            scope.groups.delete(grant)


def kept(ledger: Ledger) -> set[tuple[int, int]]:
    with ledger.app.session() as session:
        rows = session.execute(select(GrantSource.namespace_id, GrantSource.source_id)).all()
    assert len(rows) == len(set(rows))
    return {(row.namespace_id, row.source_id) for row in rows}


def expected(ledger: Ledger) -> set[tuple[int, int]]:
    """Walked anew, from each namespace upwards."""
    with ledger.app.session() as session:
        tree = {row.id: row for row in session.scalars(select(Namespace))}
    found = set()
    for number, row in tree.items():
        above: Namespace | None = row
        while above is not None and above.parent_id is not None:
            found.add((number, above.id))
            above = tree[above.parent_id] if above.inherits else None
    return found
