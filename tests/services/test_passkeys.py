"""Passkeys: what a key signed counts for one site, one browser, one purpose, and once."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kallithea.lib import passkeys
from kallithea.lib.errors import Conflict, Invalid, KallitheaError, NotFound, TooManyAttempts, Unauthenticated
from kallithea.lib.passkeys import Party, PasskeyRefused
from kallithea.model import Passkey, User
from kallithea.services.actors import Credentials, Member, Origin
from kallithea.services.passkeys import AT_MOST, REFUSED
from tests.services.conftest import Ledger
from tests.soft_key import SoftKey

SITE = "https://code.example.com"
PARTY = Party("code.example.com", "House", SITE)
BROWSER = "visitor abc"
KEYS = st.sampled_from(["id", "rawId", "type", "response", "clientDataJSON", "userHandle"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner),
)
HERE = Origin("192.0.2.1", "a browser", "http")


@pytest.fixture(name="alice")
def _alice(ledger: Ledger) -> Member:
    return ledger.user("alice")


def register(ledger: Ledger, member: Member, key: SoftKey | None = None, name: str = "My phone") -> SoftKey:
    key = key or SoftKey(SITE)
    with ledger.app.scope(Credentials(origin=HERE)) as scope:
        answer = key.made(scope.passkeys.invitation(member, PARTY, browser=BROWSER))
    with ledger.app.scope(Credentials(origin=HERE), writes=True) as scope:
        found, handle = scope.passkeys.read_new(member, answer, PARTY, browser=BROWSER)
        scope.passkeys.add(member, name, found, handle)
    return key


def question(ledger: Ledger, *, user_id: int | None = None, browser: str = BROWSER) -> str:
    with ledger.app.scope(Credentials(origin=HERE)) as scope:
        return scope.passkeys.question(PARTY, browser=browser, user_id=user_id)


def first(ledger: Ledger, answer: str, *, browser: str = BROWSER, party: Party = PARTY, address: str = "192.0.2.1") -> int:
    with ledger.app.scope(Credentials(origin=Origin(address))) as scope:
        return scope.passkeys.check_first(answer, party, browser=browser)


def second(ledger: Ledger, answer: str, member: Member) -> None:
    with ledger.app.scope(Credentials(origin=HERE)) as scope:
        scope.passkeys.check_second(answer, PARTY, browser=BROWSER, user_id=member.id)


def refused(check: Callable[[], object]) -> bool:
    with pytest.raises(Unauthenticated) as error:
        check()
    return error.value.message == REFUSED


def test_passkey_says_whose_account_it_is(ledger: Ledger, alice: Member) -> None:
    key = register(ledger, alice)

    assert first(ledger, key.signed(question(ledger))) == alice.id
    with ledger.app.system_scope() as scope:
        [row] = scope.passkeys.of(alice.id)
    assert (row.name, row.sign_count, row.transports, row.used_at) == ("My phone", 1, "internal", ledger.clock())


def test_passkey_is_a_second_factor(ledger: Ledger, alice: Member) -> None:
    key = register(ledger, alice, SoftKey(SITE, is_verified=False))

    second(ledger, key.signed(question(ledger, user_id=alice.id)), alice)


def test_key_that_does_not_know_who_holds_it_is_no_first_factor(ledger: Ledger, alice: Member) -> None:
    key = register(ledger, alice, SoftKey(SITE, is_verified=False))

    assert refused(lambda: first(ledger, key.signed(question(ledger))))


def test_first_factor_asks_for_verification_and_for_no_key_in_particular(ledger: Ledger, alice: Member) -> None:
    register(ledger, alice)

    asked = json.loads(question(ledger))

    assert (asked["userVerification"], asked["allowCredentials"], asked["rpId"]) == ("required", [], PARTY.id)


# --- attacks


def test_replay_of_an_assertion_is_refused(ledger: Ledger, alice: Member) -> None:
    key = register(ledger, alice)
    answer = key.signed(question(ledger))
    first(ledger, answer)

    assert refused(lambda: first(ledger, answer))


def test_replay_is_refused_for_keys_that_do_not_count(ledger: Ledger, alice: Member) -> None:
    key = register(ledger, alice)
    key.count = -1
    answer = key.signed(question(ledger))
    first(ledger, answer)

    assert refused(lambda: first(ledger, answer))
    key.count = -1
    assert first(ledger, key.signed(question(ledger))) == alice.id


def test_assertion_for_another_browser_is_refused(ledger: Ledger, alice: Member) -> None:
    key = register(ledger, alice)
    answer = key.signed(question(ledger, browser="visitor thief"))

    assert refused(lambda: first(ledger, answer))


def test_assertion_for_another_purpose_is_refused(ledger: Ledger, alice: Member) -> None:
    key = register(ledger, alice)
    as_second = key.signed(question(ledger, user_id=alice.id))
    as_first = key.signed(question(ledger))

    assert refused(lambda: first(ledger, as_second))
    assert refused(lambda: second(ledger, as_first, alice))


def test_passkey_of_another_account_is_no_second_factor(ledger: Ledger, alice: Member) -> None:
    mallory = ledger.user("mallory")
    key = register(ledger, mallory)
    register(ledger, alice)

    answer = key.signed(question(ledger, user_id=alice.id))

    assert refused(lambda: second(ledger, answer, alice))


def test_challenge_of_ones_own_making_is_refused(ledger: Ledger, alice: Member) -> None:
    key = register(ledger, alice)
    made_up = json.dumps({"challenge": "QUFBQUFBQUFBQUFBQUFBQQ", "rpId": PARTY.id})

    assert refused(lambda: first(ledger, key.signed(made_up)))


def test_challenge_ends_after_five_minutes(ledger: Ledger, alice: Member) -> None:
    key = register(ledger, alice)
    answer = key.signed(question(ledger))
    ledger.clock.advance(minutes=5, seconds=1)

    assert refused(lambda: first(ledger, answer))


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "http://code.example.com", f"{SITE}:8443", f"{SITE}.evil.example", "null"]
)
def test_wrong_origin_is_refused(ledger: Ledger, alice: Member, origin: str) -> None:
    key = register(ledger, alice)
    key.origin = origin

    assert refused(lambda: first(ledger, key.signed(question(ledger))))


def test_key_that_was_told_another_host_is_refused(ledger: Ledger, alice: Member) -> None:
    key = register(ledger, alice)

    assert refused(lambda: first(ledger, key.signed(question(ledger), rp_id="evil.example")))


def test_copy_of_a_key_is_found_by_its_count(ledger: Ledger, alice: Member) -> None:
    key = register(ledger, alice)
    copied = copy.copy(key)
    for _ in range(2):
        first(ledger, key.signed(question(ledger)))

    assert refused(lambda: first(ledger, copied.signed(question(ledger))))


def test_signature_of_another_key_is_refused(ledger: Ledger, alice: Member) -> None:
    known = register(ledger, alice)
    forged = SoftKey(SITE, credential_id=known.credential_id, handle=known.handle, count=5)

    assert refused(lambda: first(ledger, forged.signed(question(ledger))))


def test_key_made_for_another_account_is_refused(ledger: Ledger, alice: Member) -> None:
    key = register(ledger, alice)
    key.handle = "AAAA"

    assert refused(lambda: first(ledger, key.signed(question(ledger))))


def test_removed_key_and_disabled_account_get_the_same_answer_as_an_unknown_key(ledger: Ledger, alice: Member) -> None:
    removed, other = register(ledger, alice), register(ledger, ledger.user("bob"))
    with ledger.app.system_scope() as scope:
        scope.passkeys.remove(alice, scope.passkeys.of(alice.id)[0].id)
        scope.accounts.by_name("bob").is_active = False

    for key in (removed, other, SoftKey(SITE, handle="AAAA")):
        assert refused(lambda key=key: first(ledger, key.signed(question(ledger))))


def test_brute_force_with_a_passkey_is_slowed_down(ledger: Ledger) -> None:
    key = SoftKey(SITE, handle="AAAA")

    def attempt(address: str) -> type[KallitheaError]:
        with pytest.raises(KallitheaError) as error:
            first(ledger, key.signed(question(ledger)), address=address)
        return error.type

    found = [attempt(f"192.0.2.{n}") for n in range(11)]

    assert found == [Unauthenticated] * 10 + [TooManyAttempts]


@given(JSON)
@settings(max_examples=60)
def test_garbage_is_refused_and_breaks_nothing(sent: object) -> None:
    with pytest.raises(PasskeyRefused):
        passkeys.read(json.dumps(sent))


@pytest.mark.parametrize("text", ["", "null", "[" * 9000, '{"response": {"clientDataJSON": "e30"}}', "x" * 20000, "\ud800"])
def test_hostile_text_is_refused(text: str) -> None:
    with pytest.raises(PasskeyRefused):
        passkeys.read(text)


@pytest.mark.parametrize("field", ["attestationObject", "transports", "clientDataJSON"])
@pytest.mark.parametrize("value", ["", "AA", "_____w", None, 7, [1], {"a": 1}, ["usb"] * 1000], ids=str)
def test_new_key_with_a_broken_part_is_refused_or_harmless(ledger: Ledger, alice: Member, field: str, value: object) -> None:
    with ledger.app.scope(Credentials(origin=HERE)) as scope:
        answer = json.loads(SoftKey(SITE).made(scope.passkeys.invitation(alice, PARTY, browser=BROWSER)))
        answer["response"][field] = value
        try:
            key, _ = scope.passkeys.read_new(alice, json.dumps(answer), PARTY, browser=BROWSER)
        except Invalid:
            return
    assert field == "transports"
    assert set(key.transports) <= {"usb"}


# --- keeping them


def test_invitation_is_for_one_account_and_taken_once(ledger: Ledger, alice: Member) -> None:
    bob, key = ledger.user("bob"), SoftKey(SITE)
    with ledger.app.scope(Credentials(origin=HERE)) as scope:
        answer = key.made(scope.passkeys.invitation(alice, PARTY, browser=BROWSER))
        with pytest.raises(Invalid):
            scope.passkeys.read_new(bob, answer, PARTY, browser=BROWSER)
        with pytest.raises(Invalid):
            scope.passkeys.read_new(alice, answer, PARTY, browser="visitor thief")
        scope.passkeys.read_new(alice, answer, PARTY, browser=BROWSER)
        with pytest.raises(Invalid):
            scope.passkeys.read_new(alice, answer, PARTY, browser=BROWSER)


def test_new_key_from_another_origin_is_refused(ledger: Ledger, alice: Member) -> None:
    with pytest.raises(Invalid):
        register(ledger, alice, SoftKey("https://evil.example"))


def test_key_of_one_account_cannot_be_taken_over_by_another(ledger: Ledger, alice: Member) -> None:
    key = register(ledger, alice)

    with pytest.raises(Conflict):
        register(ledger, ledger.user("bob"), copy.copy(key))


def test_second_passkey_is_of_the_same_account_for_the_device(ledger: Ledger, alice: Member) -> None:
    one, two = register(ledger, alice), register(ledger, alice, name="")

    with ledger.app.system_scope() as scope:
        invited = json.loads(scope.passkeys.invitation(alice, PARTY, browser=BROWSER))
        names = [row.name for row in scope.passkeys.of(alice.id)]

    assert one.handle == two.handle == invited["user"]["id"]
    assert len(invited["excludeCredentials"]) == 2
    assert names == ["My phone", "Passkey 2"]


def test_nobody_removes_the_passkey_of_somebody_else(ledger: Ledger, alice: Member) -> None:
    register(ledger, alice)
    with ledger.app.system_scope() as scope, pytest.raises(NotFound):
        scope.passkeys.remove(ledger.user("bob"), scope.passkeys.of(alice.id)[0].id)


def test_there_is_an_end_to_passkeys_and_to_names(ledger: Ledger, alice: Member) -> None:
    with pytest.raises(Invalid):
        register(ledger, alice, name="x" * 61)
    for _ in range(AT_MOST):
        register(ledger, alice)
    with pytest.raises(Conflict):
        register(ledger, alice)


def test_passkeys_go_with_their_account(ledger: Ledger, alice: Member) -> None:
    register(ledger, alice)
    with ledger.app.session() as session, session.begin():
        session.delete(session.get_one(User, alice.id))
        session.flush()
        assert session.query(Passkey).count() == 0


# --- where


@pytest.mark.parametrize(
    ("url", "party"),
    [
        ("https://code.example.com", ("code.example.com", "https://code.example.com")),
        ("https://Code.Example.com:443/scm", ("code.example.com", "https://code.example.com")),
        ("https://code.example.com:8443", ("code.example.com", "https://code.example.com:8443")),
        ("https://bücher.example", ("xn--bcher-kva.example", "https://xn--bcher-kva.example")),
        ("http://localhost:5000", ("localhost", "http://localhost:5000")),
        ("http://code.example.com", None),
        ("https://192.0.2.1", None),
        ("https://[2001:db8::1]", None),
        ("", None),
    ],
)
def test_passkeys_belong_to_the_canonical_address(url: str, party: tuple[str, str] | None) -> None:
    found = passkeys.party_of(url, name="House")

    assert (found and (found.id, found.origin)) == party
