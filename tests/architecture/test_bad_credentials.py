"""Every kind of credential × every way in which one is bad: which test proves that it opens nothing, or why there is none."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
WAYS = ("wrong", "expired", "revoked", "oversized", "replayed", "forged")

_TOKENS = "doors/test_tokens.py::"
_ALL_TOKENS = f"{_TOKENS}test_all_that_opens_nothing_gets_one_answer_and_no_slow_hash"
_PAGES = f"{_TOKENS}test_what_opens_nothing_opens_no_page_either"
_DEPLOY = f"{_TOKENS}test_all_that_is_no_deploy_token_gets_one_answer"
_SESSIONS = "doors/test_sessions.py::"
_SECOND = "doors/test_second_step.py::"
_RECOVERY = "services/test_recovery.py::"
_INVITATIONS = "services/test_invitations.py::"
_ADDRESSES = "services/test_addresses.py::"
_PASSKEYS = "services/test_passkeys.py::"
_KEYS = "services/test_ssh_keys.py::"
_OIDC = "sign_in/test_oidc.py::"
_LDAP = "sign_in/test_ldap.py::"

# Without `::` it is the reason why there is nothing to prove.
PROOFS: dict[str, dict[str, str]] = {
    "password": {
        "wrong": "doors/test_signing_in.py::test_unknown_wrong_and_disabled_get_the_same_answer",
        "expired": "passwords do not expire",
        "revoked": f"{_SESSIONS}test_new_password_opens_and_the_old_one_does_not",
        "oversized": "doors/test_signing_in.py::test_password_of_a_megabyte_is_refused_at_once",
        "replayed": "it is meant to be shown again",
        "forged": "it says nothing that could be forged",
    },
    "session": {
        "wrong": f"{_SESSIONS}test_garbage_in_the_cookie_is_nobody",
        "expired": f"{_SESSIONS}test_session_ends_after_half_a_day_unless_remembered",
        "revoked": f"{_SESSIONS}test_stolen_cookie_is_dead_after_signing_out",
        "oversized": f"{_SESSIONS}test_garbage_in_the_cookie_is_nobody",
        "replayed": f"{_SESSIONS}test_session_that_a_sign_in_replaces_is_ended",
        "forged": f"{_SESSIONS}test_token_that_somebody_planted_is_not_adopted",
    },
    "token": {
        **dict.fromkeys(WAYS, _ALL_TOKENS),
        "replayed": "it is meant to be shown again",
    },
    "bearer": {
        **dict.fromkeys(WAYS, _PAGES),
        "replayed": "it is meant to be shown again",
    },
    "deploy token": {
        **dict.fromkeys(WAYS, _DEPLOY),
        "expired": f"{_TOKENS}test_a_deploy_token_that_expired_opens_nothing",
        "replayed": "it is meant to be shown again",
    },
    "SSH key": {
        "wrong": f"{_KEYS}test_unknown_removed_and_disabled_get_the_same_answer",
        "expired": "keys do not expire",
        "revoked": "ssh/test_who_may_do_what.py::test_a_removed_key_opens_nothing_any_more",
        "oversized": "ssh/test_attacks.py::test_nonsense_at_the_socket_is_no_harm",
        "replayed": "OpenSSH has the client sign something new in each connection",
        "forged": "ssh/test_who_may_do_what.py::test_an_unknown_key_opens_nothing",
    },
    "reset link": {
        "wrong": f"{_RECOVERY}test_forged_link_opens_nothing",
        "expired": f"{_RECOVERY}test_link_works_for_an_hour",
        "revoked": f"{_RECOVERY}test_newer_link_ends_the_older_one",
        "oversized": f"{_RECOVERY}test_forged_link_opens_nothing",
        "replayed": f"{_RECOVERY}test_link_works_once",
        "forged": f"{_RECOVERY}test_hash_in_the_database_is_no_link",
    },
    "invitation": {
        "wrong": f"{_INVITATIONS}test_forged_link_opens_nothing",
        "expired": f"{_INVITATIONS}test_link_works_for_seven_days",
        "revoked": f"{_INVITATIONS}test_withdrawn_invitation_works_no_more",
        "oversized": f"{_INVITATIONS}test_forged_link_opens_nothing",
        "replayed": f"{_INVITATIONS}test_link_works_once",
        "forged": f"{_INVITATIONS}test_hash_in_the_database_is_no_link",
    },
    "e-mail confirmation": {
        "wrong": f"{_ADDRESSES}test_forged_link_confirms_nothing",
        "expired": f"{_ADDRESSES}test_link_works_once_and_for_three_days",
        "revoked": f"{_ADDRESSES}test_asking_again_replaces_the_link",
        "oversized": f"{_ADDRESSES}test_forged_link_confirms_nothing",
        "replayed": f"{_ADDRESSES}test_link_works_once_and_for_three_days",
        "forged": f"{_ADDRESSES}test_hash_in_the_database_is_no_link",
    },
    "TOTP": {
        "wrong": f"{_SECOND}test_wrong_used_and_garbled_codes_get_the_same_answer",
        "expired": f"{_SECOND}test_code_from_before_the_last_one_is_refused",
        "revoked": f"{_SECOND}test_code_of_an_app_that_was_taken_away_is_refused",
        "oversized": f"{_SECOND}test_wrong_used_and_garbled_codes_get_the_same_answer",
        "replayed": f"{_SECOND}test_replay_of_a_code_is_refused",
        "forged": "services/test_second_factors.py::test_secret_in_another_row_opens_nothing",
    },
    "recovery code": {
        "wrong": f"{_SECOND}test_wrong_used_and_garbled_codes_get_the_same_answer",
        "expired": "recovery codes do not expire",
        "revoked": "doors/test_proving_again.py::test_new_recovery_codes_end_the_old_ones",
        "oversized": f"{_SECOND}test_wrong_used_and_garbled_codes_get_the_same_answer",
        "replayed": f"{_SECOND}test_replay_of_a_recovery_code_is_refused",
        "forged": f"{_SECOND}test_recovery_code_of_somebody_else_is_refused",
    },
    "ticket between the steps": {
        "wrong": f"{_SECOND}test_garbage_for_a_ticket_is_none",
        "expired": f"{_SECOND}test_ticket_ends_after_five_minutes",
        "revoked": f"{_SECOND}test_ticket_ends_when_the_password_is_changed",
        "oversized": f"{_SECOND}test_garbage_for_a_ticket_is_none",
        "replayed": f"{_SECOND}test_stolen_ticket_is_dead_once_it_was_used",
        "forged": f"{_SECOND}test_forged_ticket_is_refused",
    },
    "passkey": {
        "wrong": f"{_PASSKEYS}test_signature_of_another_key_is_refused",
        "expired": f"{_PASSKEYS}test_challenge_ends_after_five_minutes",
        "revoked": f"{_PASSKEYS}test_removed_key_and_disabled_account_get_the_same_answer_as_an_unknown_key",
        "oversized": f"{_PASSKEYS}test_hostile_text_is_refused",
        "replayed": f"{_PASSKEYS}test_replay_of_an_assertion_is_refused",
        "forged": f"{_PASSKEYS}test_challenge_of_ones_own_making_is_refused",
    },
    "OIDC answer": {
        "wrong": f"{_OIDC}test_wrong_state_signs_nobody_in",
        "expired": "sign_in/test_id_tokens.py::test_token_of_another_audience_issuer_time_or_browser_is_refused",
        "revoked": f"{_OIDC}test_a_departure_does_not_outlive_its_source",
        "oversized": f"{_OIDC}test_oversized_answer_signs_nobody_in",
        "replayed": f"{_OIDC}test_replayed_answer_signs_nobody_in",
        "forged": "sign_in/test_id_tokens.py::test_token_of_a_stranger_is_refused",
    },
    "LDAP bind": {
        "wrong": f"{_LDAP}test_a_wrong_password_opens_nothing",
        "expired": "the directory refuses the bind, as it does a wrong password",
        "revoked": "sign_in/test_people_of_elsewhere.py::"
        "test_whom_a_source_knew_is_nobody_when_the_account_is_disabled_or_unlinked",
        "oversized": f"{_LDAP}test_a_huge_password_or_name_is_not_sent",
        "replayed": "it is meant to be shown again",
        "forged": f"{_LDAP}test_ldap_injection_in_the_name_is_only_an_unknown_name",
    },
}


@cache
def _tests_in(path: str) -> frozenset[str]:
    """The names of the tests in a file that nothing leaves out."""
    tree = ast.parse((TESTS / path).read_text(encoding="utf-8"))
    return frozenset(
        node.name
        for node in tree.body
        if isinstance(node, ast.FunctionDef)
        and node.name.startswith("test_")
        and not any("skip" in ast.unparse(decorator) for decorator in node.decorator_list)
    )


@pytest.mark.parametrize("kind", PROOFS)
def test_every_way_of_being_bad_has_its_proof_or_its_reason(kind: str) -> None:
    assert tuple(sorted(PROOFS[kind])) == tuple(sorted(WAYS))


@pytest.mark.parametrize("kind", PROOFS)
def test_the_tests_that_are_named_exist(kind: str) -> None:
    named = [proof.split("::") for proof in PROOFS[kind].values() if "::" in proof]

    assert [f"{path}::{name}" for path, name in named if name not in _tests_in(path)] == []


def test_what_has_only_reasons_is_no_row() -> None:
    assert all(any("::" in proof for proof in proofs.values()) for proofs in PROOFS.values())
