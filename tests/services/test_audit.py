"""Deeds are written down with those who did them, or nothing is."""

from __future__ import annotations

import string

import pytest

from kallithea.lib.errors import Conflict, Invalid
from kallithea.services.accounts import NewAccount
from kallithea.services.audit import Target
from kallithea.services.audit_actions import ACTIONS
from tests.services.conftest import PASSWORD, Ledger


def test_a_deed_names_who_did_it_from_where_and_to_what(ledger: Ledger) -> None:
    alice = ledger.user("alice")
    with ledger.scope_of(alice, writes=True) as scope:
        scope.accounts.change_password(alice, current=PASSWORD, new="another correct horse")

    with ledger.app.system_scope() as scope:
        by_alice, made = scope.audit.latest()
    assert (by_alice.action, by_alice.actor_id, by_alice.actor_name) == ("user.password", alice.id, "alice")
    assert (by_alice.target_kind, by_alice.target_id, by_alice.target_name) == ("user", alice.id, "alice")
    assert (made.action, made.actor_id, made.actor_name, made.transport) == ("user.create", None, "system", "local")
    assert made.at == ledger.clock()
    assert "alice@example.com" in (made.after or "")


def test_what_failed_was_not_done(ledger: Ledger) -> None:
    ledger.user("alice")
    new = [NewAccount("bob", "bob@example.com", PASSWORD), NewAccount("Alice", "other@example.com", PASSWORD)]
    with pytest.raises(Conflict), ledger.app.system_scope() as scope:
        list(map(scope.accounts.create, new))

    with ledger.app.system_scope() as scope:
        assert [entry.target_name for entry in scope.audit.latest()] == ["alice"]


def test_no_password_is_written_down(ledger: Ledger) -> None:
    alice = ledger.user("alice")
    with pytest.raises(Invalid), ledger.scope_of(alice, writes=True) as scope:
        scope.accounts.change_password(alice, current="wrong", new=PASSWORD)

    with ledger.app.system_scope() as scope:
        told = [f"{entry.before} {entry.after}" for entry in scope.audit.latest()]
    assert not any(PASSWORD in text or "argon2" in text for text in told)


def test_only_listed_actions_are_written(ledger: Ledger) -> None:
    with pytest.raises(AssertionError), ledger.app.system_scope() as scope:
        scope.audit.record("user.enchant", Target("user", 1, "alice"))


@pytest.mark.parametrize("action", ACTIONS)
def test_each_action_has_a_sentence_about_its_target(action: str) -> None:
    noun, _, verb = action.partition(".")
    fields = [name for _, name, _, _ in string.Formatter().parse(ACTIONS[action]) if name is not None]

    assert noun
    assert verb
    assert len(action) <= 64
    assert fields in ([], ["target"])
