"""An earlier release works on the same tables and knows no closure: lists show nobody too much, and are repaired."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from sqlalchemy import insert, select, update

from kallithea.jobs.repairing import repair_lists
from kallithea.lib.access import Access
from kallithea.model import Namespace, Repository
from kallithea.services.access.listing import ListingFilter
from kallithea.services.actors import Member
from kallithea.services.jobs import Claim
from kallithea.services.scope import Scope
from tests.services.conftest import Ledger

CLAIM = Claim(1, "repair-lists", asked=1, attempt=1, worker="of the test")
Change = Callable[[Ledger], None]


def number_of(ledger: Ledger, path: str) -> int:
    with ledger.app.session() as session:
        return session.scalars(select(Namespace.id).where(Namespace.path == path)).one()


def cut_off(ledger: Ledger) -> None:
    with ledger.app.session() as session, session.begin():
        session.execute(update(Namespace).where(Namespace.path == "web/secret").values(inherits=False))


def move_out(ledger: Ledger) -> None:
    _rename(ledger, {"web/secret": "closed/secret", "web/secret/deep": "closed/secret/deep"}, parent="closed")


def move_in(ledger: Ledger) -> None:
    _rename(ledger, {"closed/vault": "web/vault"}, parent="web")


def make(ledger: Ledger) -> None:
    parent, owner = number_of(ledger, "web"), _owner(ledger)
    with ledger.app.session() as session, session.begin():
        values = {"path": "web/new", "path_key": "web/new", "parent_id": parent}
        number = session.execute(insert(Namespace).values(values)).inserted_primary_key[0]
        session.execute(
            insert(Repository).values(
                namespace_id=number, kind="hg", description="", owner_id=owner, created_at=ledger.clock.now, location="x/y"
            )
        )


def _rename(ledger: Ledger, paths: dict[str, str], *, parent: str) -> None:
    number = number_of(ledger, parent)
    with ledger.app.session() as session, session.begin():
        for place, (path, new) in enumerate(paths.items()):
            values = {"path": new, "path_key": new} | ({} if place else {"parent_id": number})
            session.execute(update(Namespace).where(Namespace.path == path).values(values))


def _owner(ledger: Ledger) -> int:
    with ledger.app.system_scope() as scope:
        return scope.accounts.first_administrator().id


def seen(scope: Scope, member: Member) -> dict[str, set[str]]:
    """All that lists say somebody may see."""
    found = {
        "repositories": {line.path for line in scope.listing.repositories(ListingFilter()).lines},
        "below": {line.path for line in scope.listing.repositories(ListingFilter(below="web")).lines},
        "found": {line.path for line in scope.listing.repositories(ListingFilter("e")).lines},
        "groups": {path for parent in ("", "web", "closed") for path, _ in scope.listing.groups(parent)},
        "to create in": set(scope.listing.groups_to_create_in()),
    }
    return found | {"held": {held.path for held in scope.holdings.of(member)}}


@pytest.mark.parametrize("change", [cut_off, move_out, move_in, make])
def test_an_earlier_release_changes_the_tree_and_nobody_sees_too_much(ledger: Ledger, admin: Member, change: Change) -> None:
    alice = ledger.user("alice")
    for path in ("web/secret/deep", "web/shop", "closed/vault", "closed/other"):
        ledger.repository(path, admin)
    ledger.give("web", "user:alice", Access.ADMIN)
    for path in ("web", "closed"):
        with ledger.app.system_scope() as scope:
            scope.granting.take(scope.access.administer_group(scope.access.at(path)), "anyone")

    change(ledger)

    with ledger.scope_of(alice) as scope:
        behind = seen(scope, alice)
        for what, paths in behind.items():
            too_much = {path for path in paths if scope.access.decide(scope.access.at(path)).access < Access.READ}
            assert not too_much, what
        assert "web/shop" in behind["repositories"]
    assert "put right" in repair_lists(ledger.app.job_tools(), CLAIM, threading.Event())
    assert repair_lists(ledger.app.job_tools(), CLAIM, threading.Event()) == "all was right"
    with ledger.scope_of(alice) as scope:
        assert seen(scope, alice)["repositories"] == {
            path
            for path in (
                "web/secret/deep",
                "web/shop",
                "web/new",
                "web/vault",
                "closed/vault",
                "closed/other",
                "closed/secret/deep",
            )
            if scope.access.decide(scope.access.at(path)).access >= Access.READ
        }
