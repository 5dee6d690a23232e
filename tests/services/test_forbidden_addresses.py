"""Whatever somebody shows to be let in, it opens nothing from an address from which they may not come."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from kallithea.lib.access import Access
from kallithea.lib.errors import Unauthenticated
from kallithea.services.actors import (
    Anonymous,
    Credentials,
    Deployment,
    Member,
    NamePassword,
    Origin,
    Proof,
    SessionToken,
    ShownToken,
    SshFingerprint,
)
from kallithea.services.deploy_tokens import NewDeployToken
from kallithea.services.second_step import HalfSignedIn
from kallithea.services.slips import SlipRefused
from kallithea.services.tokens import NewToken
from tests.services.conftest import PASSWORD, Ledger
from tests.services.test_allowed_addresses import ELSEWHERE, HERE, allow
from tests.services.test_passkeys import BROWSER, PARTY, first, question, refused, register
from tests.services.test_second_factors import with_app
from tests.services.test_ssh_keys import added, deployed, new_key
from tests.services.test_tokens import deploy_token, made

SUBJECTS = ["", "alice"]
"""Whose list leaves the address out: that of everybody, or the person's own."""


@pytest.fixture(name="alice")
def _alice(ledger: Ledger, admin: Member) -> Member:
    alice = ledger.user("alice")
    ledger.repository("shop", admin)
    ledger.give("shop", "user:alice", Access.ADMIN)
    return alice


def _session(ledger: Ledger, alice: Member) -> Proof:
    with ledger.app.system_scope() as scope:
        return SessionToken(scope.accounts.start_session(alice, Origin(HERE), remember=True)[0])


WAYS: dict[str, Callable[[Ledger, Member], Proof]] = {
    "session": _session,
    "password": lambda ledger, alice: NamePassword("alice", PASSWORD),
    "access token": lambda ledger, alice: ShownToken(made(ledger, alice, NewToken("x", Access.ADMIN))),
    "access token as password": lambda ledger, alice: ShownToken(made(ledger, alice, NewToken("x", Access.ADMIN)), "alice"),
    "SSH key": lambda ledger, alice: SshFingerprint(added(ledger, alice, new_key()).fingerprint),
}
WAYS_OF_PROGRAMS: dict[str, Callable[[Ledger], Proof]] = {
    "deploy token": lambda ledger: ShownToken(deploy_token(ledger, "shop", NewDeployToken("x", Access.WRITE))),
    "deploy key": lambda ledger: SshFingerprint(deployed(ledger, "shop", Access.WRITE).fingerprint),
}


def _opened(ledger: Ledger, proof: Proof, address: str) -> Access | tuple[type[Exception], object]:
    """The access to the shop, or what was said."""
    try:
        with ledger.app.scope(Credentials(proof, Origin(address))) as scope:
            return scope.access.decide(scope.access.at("shop")).access
    except Unauthenticated as error:
        return type(error), error.lines


@pytest.mark.parametrize("subject", SUBJECTS)
@pytest.mark.parametrize("way", WAYS)
def test_no_way_of_a_person_opens_anything_from_elsewhere(ledger: Ledger, alice: Member, way: str, subject: str) -> None:
    proof = WAYS[way](ledger, alice)
    assert _opened(ledger, proof, ELSEWHERE) is Access.ADMIN

    allow(ledger, "192.0.2.0/24", user=subject)

    assert _opened(ledger, proof, HERE) is Access.ADMIN
    if way == "session":  # which is no attempt: who shows it is nobody, and sees less than that
        assert _opened(ledger, proof, ELSEWHERE) is Access.NONE
    else:
        assert _opened(ledger, proof, ELSEWHERE) == _opened(ledger, _wrong(proof), ELSEWHERE) == _refusal_of(proof)


@pytest.mark.parametrize("way", WAYS_OF_PROGRAMS)
def test_no_way_of_a_program_opens_anything_from_elsewhere(ledger: Ledger, alice: Member, way: str) -> None:
    proof = WAYS_OF_PROGRAMS[way](ledger)
    assert _opened(ledger, proof, ELSEWHERE) is Access.WRITE

    allow(ledger, "192.0.2.0/24")

    assert _opened(ledger, proof, HERE) is Access.WRITE
    assert _opened(ledger, proof, ELSEWHERE) == _opened(ledger, _wrong(proof), ELSEWHERE) == _refusal_of(proof)


@pytest.mark.parametrize("way", WAYS_OF_PROGRAMS)
def test_a_program_knows_from_where_it_comes(ledger: Ledger, alice: Member, way: str) -> None:
    """So that the decision holds it to the list too, also in a connection that was there before the list."""
    with ledger.app.scope(Credentials(WAYS_OF_PROGRAMS[way](ledger), Origin(HERE))) as scope:
        assert isinstance(scope.actor, Deployment)
        assert scope.actor.address == HERE


@pytest.mark.parametrize("way", [way for way in WAYS if way != "session"])
def test_what_is_shown_from_elsewhere_is_not_noted_as_used(ledger: Ledger, alice: Member, way: str) -> None:
    proof = WAYS[way](ledger, alice)
    allow(ledger, "192.0.2.0/24", user="alice")
    _opened(ledger, proof, ELSEWHERE)

    with ledger.app.system_scope() as scope:
        used = [token.used_at for token in scope.tokens.of(alice)] + [key.used_at for key in scope.ssh_keys.of(alice.id)]
    assert set(used) <= {None}


@pytest.mark.parametrize("subject", SUBJECTS)
def test_a_passkey_from_elsewhere_is_refused(ledger: Ledger, alice: Member, subject: str) -> None:
    key = register(ledger, alice)
    allow(ledger, "192.0.2.0/24", user=subject)

    assert refused(lambda: first(ledger, key.signed(question(ledger)), address=ELSEWHERE))
    assert first(ledger, key.signed(question(ledger)), address=HERE) == alice.id


@pytest.mark.parametrize("subject", SUBJECTS)
def test_a_passkey_as_second_factor_from_elsewhere_is_refused(ledger: Ledger, alice: Member, subject: str) -> None:
    key = register(ledger, alice)
    allow(ledger, "192.0.2.0/24", user=subject)
    answer = key.signed(question(ledger, user_id=alice.id))

    def second(address: str) -> None:
        with ledger.app.scope(Credentials(origin=Origin(address))) as scope:
            scope.passkeys.check_second(answer, PARTY, browser=BROWSER, user_id=alice.id)

    assert refused(lambda: second(ELSEWHERE))
    second(HERE)


@pytest.mark.parametrize("subject", SUBJECTS)
def test_who_showed_the_password_here_goes_on_nowhere_else(ledger: Ledger, subject: str) -> None:
    member = with_app(ledger, "alice")
    with ledger.app.scope(Credentials(origin=Origin(HERE))) as scope:
        ticket = scope.second_step.ticket(member.id, remember=False, browser=BROWSER)
    allow(ledger, "192.0.2.0/24", user=subject)

    def half(address: str) -> HalfSignedIn:
        with ledger.app.scope(Credentials(origin=Origin(address))) as scope:
            return scope.second_step.half(ticket, browser=BROWSER)

    with pytest.raises(SlipRefused):
        half(ELSEWHERE)
    assert half(HERE).user_id == member.id


@pytest.mark.parametrize("subject", SUBJECTS)
def test_the_password_of_the_form_is_a_wrong_one_from_elsewhere(ledger: Ledger, alice: Member, subject: str) -> None:
    allow(ledger, "192.0.2.0/24", user=subject)

    def by_password(address: str) -> Member:
        with ledger.app.scope(Credentials(origin=Origin(address))) as scope:
            assert isinstance(scope.actor, Anonymous)
            return scope.authentication.by_password("alice", PASSWORD, address=address)

    with pytest.raises(Unauthenticated, match="Wrong user name or password"):
        by_password(ELSEWHERE)
    assert by_password(HERE).id == alice.id


def _refusal_of(proof: Proof) -> tuple[type[Exception], object]:
    """What is said to who shows one that nobody has."""
    if isinstance(proof, NamePassword):
        return Unauthenticated, Unauthenticated("Wrong user name or password.").lines
    if isinstance(proof, ShownToken):
        return Unauthenticated, Unauthenticated("The token is wrong, expired or revoked, or not of that user name.").lines
    return Unauthenticated, Unauthenticated(
        "This SSH key is not known here.", hint="Add it to your account on the web pages."
    ).lines


def _wrong(proof: Proof) -> Proof:
    """The same, but one that nobody has."""
    if isinstance(proof, NamePassword):
        return NamePassword(proof.name, "a wrong one")
    if isinstance(proof, ShownToken):
        return ShownToken(f"{proof.token[:-40]}{'0' * 40}", proof.name)
    return SshFingerprint(f"SHA256:{'x' * 43}") if isinstance(proof, SshFingerprint) else SessionToken("x")
