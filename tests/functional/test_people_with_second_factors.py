"""Where the administration of people meets their addresses and second factors."""

from __future__ import annotations

import pytest

from kallithea.lib.errors import Conflict, Invalid
from kallithea.model import AuthenticatorApp, UserEmail
from kallithea.services.people import AccountFacts
from tests.worlds import World


def further_address(world: World, person_id: int, email: str) -> None:
    with world.app.system_scope() as scope:
        scope._session.add(UserEmail(user_id=person_id, email=email, email_key=email.casefold(), confirmed_at=world.clock()))


def test_nobody_gets_the_confirmed_address_of_somebody_else(world: World) -> None:
    alice, bob = world.person(), world.person()
    further_address(world, alice.id, f"{alice.name}@elsewhere.example")

    facts = AccountFacts(bob.name, f"{alice.name}@Elsewhere.example", False, True)
    with pytest.raises(Conflict), world.app.system_scope() as scope:
        scope.people.change(scope.accounts.get(bob.id), facts)


def test_a_further_address_may_become_the_primary_one(world: World) -> None:
    alice = world.person()
    email = f"{alice.name}@elsewhere.example"
    further_address(world, alice.id, email)

    with world.app.system_scope() as scope:
        scope.people.change(scope.accounts.get(alice.id), AccountFacts(alice.name, email, False, True))
    with world.app.system_scope() as scope:
        own = scope.addresses.all(scope.accounts.member(alice.id))  # type: ignore[arg-type] # is active
        assert (own.primary, list(own.further)) == (email, [])


def test_a_password_that_is_the_name_is_refused_to_administrators_too(world: World) -> None:
    alice = world.person("somebody-with-a-long-name")

    with pytest.raises(Invalid), world.app.system_scope() as scope:
        scope.people.set_password(scope.accounts.get(alice.id), alice.name)


def test_an_administrator_takes_the_second_factor_of_who_lost_it(world: World) -> None:
    alice = world.person()
    browser = world.browser(alice)
    with_app(world, alice.id)
    admin = world.browser(world.administrator)
    assert "Has an authenticator app." in admin.get(f"/_admin/users/{alice.id}/edit", status=200)

    admin.post(f"/_admin/users/{alice.id}/second_factor/reset", status=303)

    assert "Second factor</h3>" not in admin.get(f"/_admin/users/{alice.id}/edit", status=200)
    assert not browser.is_signed_in


def with_app(world: World, person_id: int) -> None:
    """A row is enough: nobody signs in with it here."""
    with world.app.system_scope() as scope:
        scope._session.add(AuthenticatorApp(user_id=person_id, secret="sealed", last_step=0, created_at=world.clock()))
