"""The first use of a token or key from a network on a day is told, with its name, its owner, the address and the door."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Callable

import pytest

from kallithea.lib.access import Access
from kallithea.lib.errors import Unauthenticated
from kallithea.model import AuditEntry
from kallithea.services.actors import Credentials, Member, Origin, Proof, ShownToken, SshFingerprint
from kallithea.services.audit_search import AuditFilter
from kallithea.services.credential_uses import TOLD_A_DAY
from kallithea.services.deploy_tokens import NewDeployToken
from kallithea.services.keysets import Start
from kallithea.services.tokens import NewToken
from tests.services.conftest import FakeClock, Ledger
from tests.services.test_ssh_keys import added, deployed, new_key
from tests.services.test_tokens import deploy_token, made
from tests.worlds import counted_statements

HERE, THERE = "192.0.2.1", "198.51.100.7"


@pytest.fixture(name="alice")
def _alice(ledger: Ledger) -> Member:
    alice = ledger.user("alice")
    ledger.give("", "members", Access.NONE, may_create=True)
    ledger.repository("shop", alice)
    return alice


SHOWN: dict[str, Callable[[Ledger, Member], Proof]] = {
    "token": lambda ledger, alice: ShownToken(made(ledger, alice, NewToken("robot", Access.WRITE))),
    "deploy_token": lambda ledger, _alice: ShownToken(deploy_token(ledger, "shop", NewDeployToken("robot", Access.WRITE))),
    "ssh_key": lambda ledger, alice: SshFingerprint(added(ledger, alice, new_key(), "robot").fingerprint),
    "deploy_key": lambda ledger, _alice: SshFingerprint(deployed(ledger, "shop", Access.WRITE).fingerprint),
}
each_kind = pytest.mark.parametrize("kind", SHOWN)


def use(ledger: Ledger, proof: Proof, address: str = HERE, *, door: str = "git") -> None:
    with ledger.app.scope(Credentials(proof, Origin(address, "a client", "http", door))) as scope:
        assert scope.actor


def uses(ledger: Ledger, kind: str) -> list[AuditEntry]:
    """What is told of uses of this kind, the oldest first."""
    with ledger.app.system_scope() as scope:
        return [*scope.audit.page(AuditFilter(action=f"{kind}.use"), Start(), size=500).rows][::-1]


def forget(ledger: Ledger) -> None:
    """As if another process served from now on."""
    seen = ledger.app._tools.seen
    seen._values.clear()


@pytest.mark.parametrize(
    ("kind", "who", "of", "door"),
    [
        ("token", "alice", "alice", "web"),
        ("deploy_token", "robot", "shop", "hg"),
        ("ssh_key", "alice", "alice", "ssh"),
        ("deploy_key", "deploy key robot", "shop", "ssh"),
    ],
)
def test_a_use_is_told_with_all_that_matters(ledger: Ledger, alice: Member, kind: str, who: str, of: str, door: str) -> None:
    use(ledger, SHOWN[kind](ledger, alice), door=door)

    (told,) = uses(ledger, kind)
    assert (told.actor_name, told.target_name, told.address, told.client) == (who, of, HERE, "a client")
    assert json.loads(told.after or "") == {"name": "robot", "door": door}


@each_kind
def test_it_is_told_once_a_day_and_network(ledger: Ledger, clock: FakeClock, alice: Member, kind: str) -> None:
    proof = SHOWN[kind](ledger, alice)
    for _ in range(3):
        for address in (HERE, THERE, "2001:db8::1", "2001:db8::2"):
            use(ledger, proof, address)
        clock.advance(minutes=20)
        forget(ledger)
    assert [entry.address for entry in uses(ledger, kind)] == [HERE, THERE, "2001:db8::1"]

    clock.advance(days=1)
    use(ledger, proof, THERE)

    assert [entry.address for entry in uses(ledger, kind)][3:] == [THERE]


@each_kind
def test_a_thief_between_two_uses_of_the_owner_is_told(ledger: Ledger, clock: FakeClock, alice: Member, kind: str) -> None:
    proof = SHOWN[kind](ledger, alice)
    use(ledger, proof)
    clock.advance(seconds=1)

    use(ledger, proof, THERE)

    assert [entry.address for entry in uses(ledger, kind)] == [HERE, THERE]


@each_kind
def test_further_uses_cost_one_statement(ledger: Ledger, clock: FakeClock, alice: Member, kind: str) -> None:
    proof = SHOWN[kind](ledger, alice)
    for address in (HERE, THERE):
        use(ledger, proof, address)
    clock.advance(seconds=1)

    with counted_statements(ledger.app.engine) as seen:
        for address in (HERE, THERE, HERE):
            use(ledger, proof, address)

    # A deploy key is looked for among those of people first.
    assert len(seen) == 3 * (2 if kind == "deploy_key" else 1)


def test_changing_addresses_cannot_flood_the_log(ledger: Ledger, alice: Member) -> None:
    proof = SHOWN["token"](ledger, alice)
    first = ipaddress.ip_address("10.0.0.1")

    for number in range(TOLD_A_DAY + 5):
        use(ledger, proof, str(first + number))

    assert len(uses(ledger, "token")) == TOLD_A_DAY


@pytest.mark.parametrize("kind", ["token", "ssh_key"])
def test_what_opens_nothing_is_no_use(ledger: Ledger, alice: Member, kind: str) -> None:
    proof = SHOWN[kind](ledger, alice)
    with ledger.app.system_scope() as scope:
        scope.accounts.get(alice.id).is_active = False

    with pytest.raises(Unauthenticated):
        use(ledger, proof)

    assert uses(ledger, kind) == []


def test_uses_of_one_token_are_found_by_its_number(ledger: Ledger, alice: Member) -> None:
    one, other = SHOWN["token"](ledger, alice), ShownToken(made(ledger, alice, NewToken("other", Access.READ)))
    for proof in (one, other):
        use(ledger, proof)
    number = uses(ledger, "token")[1].target_id

    with ledger.app.system_scope() as scope:
        found = scope.audit.page(AuditFilter(target=f"token:{number}"), Start(), size=10).rows

    assert [json.loads(entry.after or "")["name"] for entry in found] == ["other"]
