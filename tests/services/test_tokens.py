"""Tokens below the doors: who acts with one, in lists as in decisions, when they were used, and when they go."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from kallithea.lib.access import Access
from kallithea.lib.access_tokens import stored_hash
from kallithea.lib.errors import Conflict, Forbidden, Invalid, Unauthenticated
from kallithea.lib.tokens import token_hash
from kallithea.model import AccessToken, DeployToken, Repository
from kallithea.services.access.listing import ListingFilter
from kallithea.services.actors import Actor, Credentials, Limit, Member, Origin, ShownToken
from kallithea.services.deploy_tokens import NewDeployToken
from kallithea.services.scope import Scope
from kallithea.services.tokens import MOST_PLACES, MOST_TOKENS, NewToken
from tests.services.conftest import Ledger
from tests.services.test_listing import PATHS, make_devs, shuffle_rules

GROUPS = ["web", "web/deep", "infra", "infra/y"]


@pytest.fixture(name="alice")
def _alice(ledger: Ledger) -> Member:
    return ledger.user("alice")


def made(ledger: Ledger, member: Member, new: NewToken) -> str:
    with ledger.app.system_scope() as scope:
        return scope.tokens.create(member, new)[1]


def actor_of(ledger: Ledger, token: str, address: str = "192.0.2.1") -> Actor:
    with ledger.app.scope(Credentials(ShownToken(token), Origin(address))) as scope:
        return scope.actor


def deploy_token(ledger: Ledger, path: str, new: NewDeployToken) -> str:
    with ledger.app.system_scope() as scope:
        return scope.deploy_tokens.create(scope.access.administer_repository(scope.access.at(path)), new)[1]


def decided(scope: Scope, path: str) -> Access:
    return scope.access.decide(scope.access.at(path)).access


@pytest.mark.parametrize("access", [Access.READ, Access.WRITE, Access.ADMIN])
def test_a_token_acts_as_its_owner_within_its_limit(ledger: Ledger, alice: Member, access: Access) -> None:
    actor = actor_of(ledger, made(ledger, alice, NewToken("x", access)))

    assert isinstance(actor, Member)
    assert (actor.id, actor.name, actor.session_id) == (alice.id, "alice", None)
    assert actor.limit is not None
    assert actor.limit.access is access


def test_lists_say_what_decisions_say_for_every_token(ledger: Ledger, admin: Member, alice: Member) -> None:
    chance = random.Random(20260102)
    bob = ledger.user("bob")
    make_devs(ledger, admin, alice)
    for path in PATHS:
        ledger.repository(path, chance.choice([admin, alice, bob]), private=chance.random() < 0.3)
    bindings = [(), ("web",), ("web/deep",), ("top",), ("infra/y", "web/shop"), ("infra", "sure")]
    tokens = [
        made(ledger, member, NewToken(f"{access.word} {places}", access, places=places))
        for member in (alice, bob, admin)
        for access in (Access.READ, Access.ADMIN)
        for places in bindings
    ]
    tokens += [deploy_token(ledger, path, NewDeployToken("x")) for path in ("top", "web/deep/a")]

    for _ in range(6):
        for _ in range(4):
            shuffle_rules(ledger, chance)
        for token in tokens:
            with ledger.app.scope(Credentials(ShownToken(token))) as scope:
                page = scope.listing.repositories(ListingFilter())
                listed, counted = {line.path for line in page.lines}, page.total
                groups = {path for above in ("", "web", "infra") for path, _ in scope.listing.groups(above)}
                readable = {path for path in PATHS if decided(scope, path) >= Access.READ}
                readable_groups = {path for path in GROUPS if decided(scope, path) >= Access.READ}
            assert (listed, counted, groups) == (readable, len(readable), readable_groups)


def test_a_group_to_which_a_token_is_bound_stands_for_what_comes_later(ledger: Ledger, alice: Member) -> None:
    ledger.repository("web/shop", alice)
    token = made(ledger, alice, NewToken("x", Access.READ, places=("web",)))
    ledger.repository("web/later/deep", alice)
    ledger.repository("website", alice)

    with ledger.app.scope(Credentials(ShownToken(token))) as scope:
        assert [line.path for line in scope.listing.repositories(ListingFilter()).lines] == ["web/later/deep", "web/shop"]
        assert decided(scope, "website") is Access.NONE


def test_a_token_loses_what_its_owner_loses(ledger: Ledger, admin: Member, alice: Member) -> None:
    ledger.repository("secret", admin, private=True)
    ledger.give("secret", "user:alice", Access.WRITE)
    token = made(ledger, alice, NewToken("x", Access.ADMIN))
    with ledger.app.scope(Credentials(ShownToken(token))) as scope:
        assert decided(scope, "secret") is Access.WRITE

    ledger.give("secret", "user:alice", Access.NONE)

    with ledger.app.scope(Credentials(ShownToken(token))) as scope:
        assert decided(scope, "secret") is Access.NONE


def test_the_database_has_no_token_and_no_plain_hash_of_one(ledger: Ledger, alice: Member) -> None:
    token = made(ledger, alice, NewToken("x", Access.READ))

    with ledger.app.session() as session:
        [row] = session.scalars(select(AccessToken)).all()

    assert token not in repr(vars(row))
    assert row.token_hash != token_hash(token)


def test_use_is_written_every_ten_minutes_at_most_or_from_another_address(ledger: Ledger, admin: Member, alice: Member) -> None:
    ledger.repository("top", admin)
    tokens = made(ledger, alice, NewToken("x", Access.READ)), deploy_token(ledger, "top", NewDeployToken("x"))

    def written() -> set[object]:
        with ledger.app.session() as session:
            rows = [*session.scalars(select(AccessToken)), *session.scalars(select(DeployToken))]
            return {(row.used_at, row.used_address) for row in rows}

    assert written() == {(None, "")}
    first = ledger.clock.now
    here, there = "192.0.2.1", "192.0.2.2"
    for minutes, address, expected in (
        (0, here, (0, here)),
        (9, here, (0, here)),
        (1, there, (10, there)),
        (11, there, (21, there)),
    ):
        ledger.clock.advance(minutes=minutes)
        for token in tokens:
            actor_of(ledger, token, address)
        assert written() == {(first + timedelta(minutes=expected[0]), expected[1])}


def test_use_is_written_although_the_page_fails(ledger: Ledger, alice: Member) -> None:
    token = made(ledger, alice, NewToken("x", Access.READ))

    def fails() -> None:
        with ledger.app.scope(Credentials(ShownToken(token), Origin("192.0.2.1")), writes=True) as scope:
            assert scope.actor
            raise Invalid("no")

    with pytest.raises(Invalid):
        fails()

    with ledger.app.session() as session:
        assert session.scalar(select(AccessToken.used_at)) == ledger.clock.now


def test_a_token_ends_in_the_moment_that_was_chosen(ledger: Ledger, alice: Member) -> None:
    token = made(ledger, alice, NewToken("x", Access.READ, lifetime=timedelta(days=1)))
    ledger.clock.advance(days=1, microseconds=-1)
    assert isinstance(actor_of(ledger, token), Member)

    ledger.clock.advance(microseconds=1)

    with pytest.raises(Unauthenticated):
        actor_of(ledger, token)


def test_expired_tokens_are_forgotten_a_week_later(ledger: Ledger, admin: Member, alice: Member) -> None:
    ledger.repository("top", admin)
    for lifetime in (timedelta(days=1), None):
        made(ledger, alice, NewToken(f"{lifetime}", Access.READ, lifetime=lifetime))
        deploy_token(ledger, "top", NewDeployToken(f"{lifetime}", lifetime=lifetime))

    def forgotten() -> tuple[int, int]:
        with ledger.app.system_scope() as scope:
            return scope.tokens.forget_expired(), scope.deploy_tokens.forget_expired()

    ledger.clock.advance(days=8, microseconds=-1)
    assert forgotten() == (0, 0)
    ledger.clock.advance(microseconds=1)
    assert forgotten() == (1, 1)
    ledger.clock.advance(days=5000)
    assert forgotten() == (0, 0)


def test_who_came_with_a_token_makes_none(ledger: Ledger, alice: Member) -> None:
    limited = replace(alice, limit=Limit(access=Access.ADMIN))

    with pytest.raises(Forbidden):
        made(ledger, limited, NewToken("x", Access.READ))


def test_a_name_is_given_once_to_each_person(ledger: Ledger, alice: Member) -> None:
    made(ledger, alice, NewToken("build", Access.READ))
    made(ledger, ledger.user("bob"), NewToken("build", Access.READ))

    with pytest.raises(Conflict):
        made(ledger, alice, NewToken(" build ", Access.READ))


@pytest.mark.parametrize("name", ["", "   ", "x" * 101, "a\0b", "a\u202eb", "\x1b[31m"])
def test_a_name_can_be_read(ledger: Ledger, alice: Member, name: str) -> None:
    with pytest.raises(Invalid) as refusal:
        made(ledger, alice, NewToken(name, Access.READ))

    assert set(refusal.value.fields) == {"name"}


def test_tokens_and_places_of_tokens_are_limited(ledger: Ledger, alice: Member) -> None:
    ledger.repository("top", alice)
    with pytest.raises(Invalid):
        made(ledger, alice, NewToken("x", Access.READ, places=("top",) * (MOST_PLACES + 1)))
    for number in range(MOST_TOKENS):
        made(ledger, alice, NewToken(f"{number}", Access.READ))
    with pytest.raises(Conflict):
        made(ledger, alice, NewToken("one more", Access.READ))


def test_a_fork_has_no_deploy_tokens(ledger: Ledger, admin: Member) -> None:
    ledger.repository("top", admin)
    token = deploy_token(ledger, "top", NewDeployToken("x", Access.WRITE))
    ledger.repository("fork", admin)
    with ledger.app.session() as session, session.begin():
        parent = session.scalars(select(Repository).order_by(Repository.id)).first()
        assert parent is not None
        session.execute(update(Repository).where(Repository.id != parent.id).values(forked_from_id=parent.id))

    with ledger.app.scope(Credentials(ShownToken(token))) as scope:
        assert (decided(scope, "top"), decided(scope, "fork")) == (Access.WRITE, Access.NONE)


def test_making_and_revoking_is_recorded_without_the_token(ledger: Ledger, admin: Member, alice: Member) -> None:
    ledger.repository("top", admin)
    with ledger.scope_of(alice, writes=True) as scope:
        number, text = scope.tokens.create(alice, NewToken("build", Access.WRITE, places=("top",)))
        scope.tokens.revoke(alice, number)
    with ledger.scope_of(admin, writes=True) as scope:
        grant = scope.access.administer_repository(scope.access.at("top"))
        number, other = scope.deploy_tokens.create(grant, NewDeployToken("server"))
        scope.deploy_tokens.revoke(grant, number)

    with ledger.app.system_scope() as scope:
        entries = scope.audit.latest(limit=4)[::-1]
        kept = [stored_hash(ledger.app.settings.session_secret, token) for token in (text, other)]
    assert [(entry.actor_name, entry.action, entry.target_name) for entry in entries] == [
        ("alice", "token.create", "alice"),
        ("alice", "token.revoke", "alice"),
        ("root_user", "deploy_token.create", "top"),
        ("root_user", "deploy_token.revoke", "top"),
    ]
    told = " ".join(f"{entry.before} {entry.after}" for entry in entries)
    assert '"name": "build"' in told
    assert '"places": ["top"]' in told
    assert not any(secret in told for secret in (text, other, *kept))
