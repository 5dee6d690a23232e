"""Factors of accounts as the services see them: counted, wanted, reset."""

from __future__ import annotations

import pytest

from kallithea.lib import totp
from kallithea.lib.errors import Forbidden, Unauthenticated
from kallithea.model import AuthenticatorApp
from kallithea.services.actors import Credentials, Member, NamePassword, Origin
from kallithea.services.factor_rules import Demand, demand_of
from tests.services.conftest import PASSWORD, Ledger


def with_app(ledger: Ledger, name: str, *, administrator: bool = False) -> Member:
    member = ledger.user(name, administrator=administrator)
    with ledger.app.system_scope() as scope:
        factors, secret = scope.second_factors, totp.new_secret()
        code = totp.code_at(secret, int(ledger.clock().timestamp()) // totp.STEP)
        factors.turn_app_on(member, factors.draft(member, secret), code)
        factors.first_codes(member)
    return member


def demand(ledger: Ledger, of: Demand) -> None:
    with ledger.app.system_scope() as scope:
        scope.site_settings.demand_second_factor(of)


def by_password(ledger: Ledger, name: str) -> object:
    with ledger.app.scope(Credentials(NamePassword(name, PASSWORD), Origin("192.0.2.1"))) as scope:
        return scope.actor


def test_secret_in_another_row_opens_nothing(ledger: Ledger) -> None:
    """Who can write rows, but has not the instance's secret, cannot give an account a secret of their own."""
    alice, mallory = with_app(ledger, "alice"), with_app(ledger, "mallory")
    with ledger.app.session() as session, session.begin():
        rows = {row.user_id: row for row in session.query(AuthenticatorApp)}
        rows[alice.id].secret = rows[mallory.id].secret
        rows[alice.id].last_step = 0

    with ledger.app.scope(Credentials(origin=Origin("192.0.2.1"))) as scope, pytest.raises(Unauthenticated):
        scope.second_step.check_code(alice.id, "000000")


@pytest.mark.parametrize(
    ("of", "refused"),
    [(Demand.NOBODY, set()), (Demand.ADMINISTRATORS, {"boss"}), (Demand.EVERYBODY, {"boss", "bob"})],
)
def test_password_alone_is_not_enough_where_a_factor_is_wanted(ledger: Ledger, of: Demand, refused: set[str]) -> None:
    ledger.user("boss", administrator=True)
    ledger.user("bob")
    demand(ledger, of)

    found = set()
    for name in ("boss", "bob"):
        try:
            by_password(ledger, name)
        except Forbidden:
            found.add(name)

    assert found == refused


def test_unknown_demand_of_a_later_release_is_the_strictest() -> None:
    assert demand_of("people above 1.80 m") is Demand.EVERYBODY
    assert demand_of(None) is Demand.NOBODY


def test_reset_takes_every_factor_and_every_session(ledger: Ledger) -> None:
    alice = with_app(ledger, "alice")
    with ledger.app.system_scope() as scope:
        scope.accounts.start_session(alice, Origin(), remember=True)
        had = scope.second_factors.reset(scope.accounts.get(alice.id))

    assert (had.has_app, had.codes_left) == (True, 10)
    with ledger.app.system_scope() as scope:
        left = scope.second_factors.of(alice.id)
        assert (left.is_any, left.codes_left, list(scope.accounts.sessions(alice))) == (False, 0, [])
        assert scope.audit.latest(limit=1)[0].action == "second_factor.reset"
    assert isinstance(by_password(ledger, "alice"), Member)


def test_people_with_a_factor_are_counted(ledger: Ledger) -> None:
    with_app(ledger, "boss", administrator=True)
    with_app(ledger, "alice")
    ledger.user("bob")
    ledger.user("chief", administrator=True)

    with ledger.app.system_scope() as scope:
        count = scope.second_factors.count()

    assert (count.people, count.people_with, count.administrators, count.administrators_with) == (4, 2, 2, 1)


def test_demand_is_written_down_once(ledger: Ledger) -> None:
    for _ in range(2):
        demand(ledger, Demand.ADMINISTRATORS)

    with ledger.app.system_scope() as scope:
        [entry] = [each for each in scope.audit.latest() if each.target_name == "second_factor"]
    assert (entry.before, entry.after) == ('{"value": null}', '{"value": "administrators"}')


def test_nothing_secret_is_written_down(ledger: Ledger) -> None:
    alice = with_app(ledger, "alice")
    with ledger.app.system_scope() as scope:
        codes = scope.second_factors.new_codes(alice)
        told = str([(entry.before, entry.after, entry.target_name) for entry in scope.audit.latest()])

    assert not any(code in told for code in codes)


def test_used_slips_are_forgotten_when_they_are_too_old_anyway(ledger: Ledger) -> None:
    with ledger.app.scope(Credentials()) as scope:
        slip = scope.slips.issue("a test", "visitor 1", "note")
        scope.slips.use(slip)
        assert scope.slips.forget_used() == 0
        ledger.clock.advance(minutes=6)
        assert scope.slips.forget_used() == 1
        with pytest.raises(Unauthenticated):
            scope.slips.read("a test", "visitor 1", slip)
