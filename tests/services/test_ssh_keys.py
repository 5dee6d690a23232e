"""Keys belong to one account or one repository, and say who acts."""

from __future__ import annotations

import base64
import os

import pytest

from kallithea.config.app import App
from kallithea.lib.access import Access
from kallithea.lib.errors import Invalid, NotFound, TooLarge, Unauthenticated
from kallithea.lib.ssh_keys import BadKey
from kallithea.services import ssh_keys
from kallithea.services.access.grants import AdminGrant, RepositoryFacts
from kallithea.services.actors import Actor, Credentials, Deployment, Member, SshFingerprint
from kallithea.services.scope import Scope
from kallithea.services.ssh_keys import KeyFacts
from tests.services.conftest import Ledger


def new_key(comment: str = "me@laptop") -> str:
    blob = b"\0\0\0\x0bssh-ed25519\0\0\0 " + os.urandom(32)
    return f"ssh-ed25519 {base64.b64encode(blob).decode()} {comment}"


def added(ledger: Ledger, member: Member, text: str, name: str = "") -> KeyFacts:
    with ledger.app.system_scope() as scope:
        return scope.ssh_keys.add(scope.accounts.get(member.id), text, name=name)


def grant_of(scope: Scope, path: str) -> AdminGrant[RepositoryFacts]:
    return scope.access.administer_repository(scope.access.locate_path(path))


def deployed(ledger: Ledger, path: str, access: Access = Access.READ, *, text: str = "") -> KeyFacts:
    with ledger.app.system_scope() as scope:
        return scope.ssh_keys.add_to_repository(grant_of(scope, path), text or new_key(), name="robot", access=access)


def actor_of(app: App, fingerprint: str) -> Actor:
    with app.scope(Credentials(SshFingerprint(fingerprint))) as scope:
        return scope.actor


def test_a_key_is_its_account(ledger: Ledger) -> None:
    alice = ledger.user("alice")

    key = added(ledger, alice, new_key())

    assert actor_of(ledger.app, key.fingerprint) == alice


def test_a_key_is_called_by_its_comment_or_as_its_owner_likes(ledger: Ledger) -> None:
    alice = ledger.user("alice")

    names = [added(ledger, alice, new_key("me@laptop"), name).name for name in ("", "work \u202e laptop")]

    assert names == ["me@laptop", "work laptop"]


@pytest.mark.parametrize("whose", ["own", "of another account", "of a repository"])
def test_a_key_is_there_once(ledger: Ledger, whose: str) -> None:
    alice, bob, text = ledger.user("alice"), ledger.user("bob"), new_key()
    ledger.repository("shop", alice)
    added(ledger, alice, text)

    again = {
        "own": lambda: added(ledger, alice, text),
        "of another account": lambda: added(ledger, bob, text),
        "of a repository": lambda: deployed(ledger, "shop", text=text),
    }
    with pytest.raises(BadKey, match="in use here already"):
        again[whose]()

    with ledger.app.system_scope() as scope:
        assert len(scope.ssh_keys.of(alice.id)) == 1
        assert scope.ssh_keys.of(bob.id) == []


def test_a_removed_key_is_nobody(ledger: Ledger) -> None:
    alice = ledger.user("alice")
    key = added(ledger, alice, new_key())

    with ledger.app.system_scope() as scope:
        scope.ssh_keys.remove(scope.accounts.get(alice.id), key.fingerprint)

    with pytest.raises(Unauthenticated):
        actor_of(ledger.app, key.fingerprint)


def test_unknown_removed_and_disabled_get_the_same_answer(ledger: Ledger) -> None:
    alice, bob = ledger.user("alice"), ledger.user("bob")
    removed, disabled = added(ledger, alice, new_key()), added(ledger, bob, new_key())
    with ledger.app.system_scope() as scope:
        scope.ssh_keys.remove(scope.accounts.get(alice.id), removed.fingerprint)
        scope.accounts.get(bob.id).is_active = False

    answers = []
    for fingerprint in (removed.fingerprint, disabled.fingerprint, f"SHA256:{'x' * 43}"):
        with pytest.raises(Unauthenticated) as refused:
            actor_of(ledger.app, fingerprint)
        answers.append(refused.value.lines)

    assert answers[0] == answers[1] == answers[2]


def test_nobody_removes_the_key_of_another(ledger: Ledger) -> None:
    alice, bob = ledger.user("alice"), ledger.user("bob")
    key = added(ledger, alice, new_key())

    with pytest.raises(NotFound), ledger.app.system_scope() as scope:
        scope.ssh_keys.remove(scope.accounts.get(bob.id), key.fingerprint)

    assert actor_of(ledger.app, key.fingerprint) == alice


@pytest.mark.parametrize("access", [Access.READ, Access.WRITE])
def test_a_deploy_key_is_a_deployment_of_its_repository(ledger: Ledger, access: Access) -> None:
    alice = ledger.user("alice")
    ledger.repository("shop", alice)
    ledger.repository("other", alice)
    key = deployed(ledger, "shop", access)

    actor = actor_of(ledger.app, key.fingerprint)

    assert isinstance(actor, Deployment)
    assert (actor.id, actor.name, actor.access) == (key.id, "deploy key robot", access)
    with ledger.app.scope(Credentials(SshFingerprint(key.fingerprint))) as scope:
        assert scope.access.decide(scope.access.locate_path("shop")).access is access
        assert scope.access.decide(scope.access.locate_path("other")).access is Access.NONE


@pytest.mark.parametrize("access", [Access.NONE, Access.ADMIN])
def test_a_deploy_key_neither_administers_nor_does_nothing(ledger: Ledger, access: Access) -> None:
    ledger.repository("shop", ledger.user("alice"))

    with pytest.raises(Invalid):
        deployed(ledger, "shop", access)


def test_the_deploy_key_of_another_repository_is_not_removed(ledger: Ledger) -> None:
    alice = ledger.user("alice")
    ledger.repository("shop", alice)
    ledger.repository("other", alice)
    key = deployed(ledger, "shop")

    with pytest.raises(NotFound), ledger.app.system_scope() as scope:
        scope.ssh_keys.remove_from_repository(grant_of(scope, "other"), key.fingerprint)

    assert isinstance(actor_of(ledger.app, key.fingerprint), Deployment)


def test_a_deploy_key_is_not_removed_as_that_of_a_person(ledger: Ledger) -> None:
    alice = ledger.user("alice")
    ledger.repository("shop", alice)
    key = deployed(ledger, "shop")

    with pytest.raises(NotFound), ledger.app.system_scope() as scope:
        scope.ssh_keys.remove(scope.accounts.get(alice.id), key.fingerprint)


def test_keys_go_with_their_repository(ledger: Ledger) -> None:
    ledger.repository("shop", ledger.user("alice"))
    key = deployed(ledger, "shop")

    with ledger.app.system_scope() as scope:
        scope.repositories.delete(grant_of(scope, "shop"))

    with pytest.raises(Unauthenticated):
        actor_of(ledger.app, key.fingerprint)


def test_use_is_written_at_most_every_ten_minutes(ledger: Ledger) -> None:
    alice = ledger.user("alice")
    fingerprint = added(ledger, alice, new_key()).fingerprint
    seen = []
    for minutes in (0, 9, 2):
        ledger.clock.advance(minutes=minutes)
        actor_of(ledger.app, fingerprint)
        with ledger.app.system_scope() as scope:
            (key,) = scope.ssh_keys.of(alice.id)
            seen.append(key.used_at)

    assert seen[0] == seen[1]
    assert seen[2] == ledger.clock()


def test_there_are_not_more_than_so_many_keys(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ssh_keys, "MOST_KEYS", 2)
    alice = ledger.user("alice")
    for _ in range(2):
        added(ledger, alice, new_key())

    with pytest.raises(TooLarge):
        added(ledger, alice, new_key())


def test_keys_are_written_down_without_the_key(ledger: Ledger) -> None:
    alice = ledger.user("alice")
    ledger.repository("shop", alice)
    text = new_key()
    key = added(ledger, alice, text)
    deploy_key = deployed(ledger, "shop", Access.WRITE)
    with ledger.app.system_scope() as scope:
        scope.ssh_keys.remove(scope.accounts.get(alice.id), key.fingerprint)
        scope.ssh_keys.remove_from_repository(grant_of(scope, "shop"), deploy_key.fingerprint)

    with ledger.app.system_scope() as scope:
        deeds = [entry for entry in scope.audit.latest() if "key" in entry.action][::-1]
    assert [(deed.action, deed.target_name) for deed in deeds] == [
        ("ssh_key.create", "alice"),
        ("deploy_key.create", "shop"),
        ("ssh_key.delete", "alice"),
        ("deploy_key.delete", "shop"),
    ]
    assert key.fingerprint in (deeds[0].after or "")
    assert '"access": "write"' in (deeds[1].after or "")
    assert not any(text.split()[1] in f"{deed.before}{deed.after}" for deed in deeds)


def test_lines_for_sshd_are_those_of_active_accounts(ledger: Ledger) -> None:
    alice, bob, text = ledger.user("alice"), ledger.user("bob"), new_key()
    known, disabled = added(ledger, alice, text), added(ledger, bob, new_key())
    with ledger.app.system_scope() as scope:
        scope.accounts.get(bob.id).is_active = False

    with ledger.app.system_scope() as scope:
        assert scope.ssh_keys.line_of(known.fingerprint) == text.rpartition(" ")[0]
        assert scope.ssh_keys.line_of(disabled.fingerprint) is None
        assert scope.ssh_keys.line_of("SHA256:none") is None
