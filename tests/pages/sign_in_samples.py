"""Pages about signing in and about one's own account."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from kallithea.lib.access import Access
from kallithea.lib.sign_in.ldap import LdapSource
from kallithea.lib.sign_in.oidc import OidcSource
from kallithea.lib.sign_in.pam import PamSource
from kallithea.lib.signing import SigningFormat
from kallithea.pages.account.authenticator import authenticator_page
from kallithea.pages.account.confirm import confirm_page
from kallithea.pages.account.groups import my_groups_page
from kallithea.pages.account.passkey import passkey_page
from kallithea.pages.account.profile import my_account_page
from kallithea.pages.account.recovery_codes import recovery_codes_page
from kallithea.pages.account.security import PasskeyItem, security_page
from kallithea.pages.account.sessions import SessionItem, sessions_page
from kallithea.pages.account.signing_keys import signing_keys_page
from kallithea.pages.account.ssh_keys import ssh_keys_page
from kallithea.pages.account.tokens import NewTokenValues, my_tokens_page
from kallithea.pages.admin.activity import Asked, Deed, activity_page
from kallithea.pages.admin.auth import ShownSource, auth_page
from kallithea.pages.admin.auth_source import SourceState, Typed, auth_source_page
from kallithea.pages.admin.second_factor import second_factor_page
from kallithea.pages.admin.user_groups import UserGroupItem
from kallithea.pages.error import error_page
from kallithea.pages.login import Offers, login_page
from kallithea.pages.parts import PasskeyForm
from kallithea.pages.second_step import second_step_page
from kallithea.pages.signed_out import signed_out_page
from kallithea.pages.time_zones import zone_choices
from kallithea.pages.token_parts import fresh_token
from kallithea.services.audit_actions import ACTIONS
from kallithea.services.factor_rules import Demand
from kallithea.services.second_factors import FactorCount
from kallithea.services.sign_in_sources import Offer
from kallithea.services.signing_keys import OwnKey
from kallithea.services.synchronised_groups import Followed
from kallithea.services.tokens import TokenFacts
from tests.pages.world import (
    EVIL,
    EVIL_SSH_KEYS,
    NOON,
    SSH_KEYS,
    URLS,
)

ZONES = zone_choices("Europe/Berlin", default="UTC")


DEED = Deed(
    7,
    NOON,
    "alice",
    "changed the access of {target}",
    "web/shop",
    "192.0.2.1",
    "http",
    {"anyone": "read"},
    {"anyone": None, "ok": True},
)


TOKENS = (
    TokenFacts(3, "alice", "nightly build", Access.WRITE, False, ("web/shop", "web"), NOON, NOON, False, NOON, "192.0.2.7"),
    TokenFacts(2, "alice", "laptop", Access.READ, True, (), NOON, None, False, None, ""),
    TokenFacts(1, "alice", "old script", Access.ADMIN, False, None, NOON, NOON, True, None, ""),
)


SESSIONS = (
    SessionItem(1, NOON, NOON, "192.0.2.7", "Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0", True),
    SessionItem(
        2,
        NOON - timedelta(days=9),
        NOON - timedelta(days=2),
        "2001:db8::7",
        "Mozilla/5.0 (iPhone) AppleWebKit Safari/600",
        False,
    ),
)


SIGNING_KEYS = (
    OwnKey("Ann <ann@example.com>", SigningFormat.OPENPGP, "EdDSA", 255, "F" * 40, ("ann@example.com",), NOON, None),
    OwnKey("work card", SigningFormat.X509, "RSA", 4096, "A" * 64, (), NOON, NOON + timedelta(days=300)),
)


EVIL_SIGNING_KEYS = (OwnKey(EVIL, SigningFormat.X509, EVIL, 4096, EVIL, (EVIL,), NOON, NOON),)


def sign_in_samples() -> dict[str, Callable[[], object]]:
    """Each page on a good day, empty, and hostile."""
    return {
        "login": lambda: login_page(URLS, came_from="/web/shop"),
        "login, with offers": lambda: login_page(URLS, offers=Offers(can_reset=True, can_register=True)),
        "login, with another site": lambda: login_page(URLS, sources=[Offer("oidc", "the house next door")]),
        "login, hostile": lambda: login_page(
            URLS,
            came_from=EVIL,
            username=EVIL,
            remember=True,
            error="The name or the password is wrong.",
            sources=[Offer(EVIL, EVIL)],
        ),
        "signed out": lambda: signed_out_page(URLS, Offer("oidc", "the house next door")),
        "signed out, nowhere else": lambda: signed_out_page(URLS, None),
        "signed out, hostile": lambda: signed_out_page(URLS, Offer(EVIL, EVIL)),
        "sources": lambda: auth_page(
            URLS,
            [
                ShownSource("ldap", LdapSource.title, LdapSource.about, True, None),
                ShownSource("oidc", OidcSource.title, OidcSource.about, True, None),
                ShownSource("pam", PamSource.title, PamSource.about, False, "Its settings are not complete."),
            ],
        ),
        "sources, hostile": lambda: auth_page(URLS, [ShownSource(EVIL, EVIL, EVIL, False, EVIL)], error=EVIL),
        "source": lambda: auth_source_page(
            URLS,
            SourceState(LdapSource, True, {"host": "ldap.example.com", "dn_pass": "x"}, [Followed(1, "cn=staff", "crew")], 12),
            Typed({}, {}, None, False),
            back="https://code.example.com/_admin/login/back/ldap",
            counted=1000,
        ),
        "source, another site": lambda: auth_source_page(
            URLS,
            SourceState(OidcSource, False, {}, [], 1),
            Typed({}, {}, None, False),
            back="https://code.example.com/_admin/login/back/oidc",
            counted=1000,
        ),
        "source, hostile": lambda: auth_source_page(
            URLS,
            SourceState(PamSource, False, {"service": EVIL}, [Followed(1, EVIL, EVIL)], 1001),
            Typed(
                dict.fromkeys(("service", "external_name", "user_group", "username", "subject", "unlinked"), EVIL),
                dict.fromkeys(("service", "external_name", "user_group", "username", "subject", "unlinked"), EVIL),
                EVIL,
                True,
            ),
            back=EVIL,
            counted=1000,
        ),
        "my account": lambda: my_account_page(
            URLS, username="alice", full_name="Alice Adams", email="alice@example.com", is_administrator=True, zones=ZONES
        ),
        "my account, from elsewhere": lambda: my_account_page(
            URLS, username="erna", full_name="", email="", is_administrator=False, has_password=False, zones=ZONES
        ),
        "my groups": lambda: my_groups_page(URLS, [UserGroupItem(1, "devs", "Who develops", True, "alice", 1)], has_more=True),
        "my groups, none": lambda: my_groups_page(URLS, []),
        "my groups, hostile": lambda: my_groups_page(URLS, [UserGroupItem(1, EVIL, EVIL, False, EVIL, 1000)]),
        "my account, hostile": lambda: my_account_page(
            URLS,
            username=EVIL,
            full_name=EVIL,
            email=EVIL,
            is_administrator=False,
            zones=zone_choices(EVIL, default="UTC"),
            errors={"current_password": EVIL, "new_password": EVIL, "new_password_confirmation": EVIL, "time_zone": EVIL},
        ),
        "activity": lambda: activity_page(URLS, [DEED] * 50, asked=Asked(), actions=ACTIONS, has_newer=True, has_older=True),
        "activity, none": lambda: activity_page(URLS, [], asked=Asked(), actions=ACTIONS),
        "activity, none matches": lambda: activity_page(URLS, [], asked=Asked(actor="zzz"), actions=ACTIONS),
        "activity, no day": lambda: activity_page(URLS, [], asked=Asked(since="x"), actions=ACTIONS, error="x is no day."),
        "activity, hostile": lambda: activity_page(
            URLS,
            [
                Deed(1, NOON, EVIL, EVIL, EVIL, EVIL, EVIL, {"a": EVIL}, {EVIL: EVIL}),
                Deed(1, NOON, EVIL, "did {target}", EVIL, "", EVIL, None, {"a": [EVIL, "x" * 1000]}, EVIL, None, EVIL),
            ],
            asked=Asked(EVIL, EVIL, EVIL, EVIL, EVIL),
            actions={EVIL: EVIL},
            has_newer=True,
            has_older=True,
        ),
        "tokens": lambda: my_tokens_page(
            URLS, username="alice", tokens=TOKENS, fresh=fresh_token("laptop", f"kal_{'a2' * 20}")
        ),
        "tokens, none": lambda: my_tokens_page(URLS, username="alice", tokens=()),
        "tokens, hostile": lambda: my_tokens_page(
            URLS,
            username="alice",
            tokens=(TokenFacts(1, EVIL, EVIL, Access.ADMIN, True, (EVIL, EVIL), NOON, NOON, True, NOON, EVIL),),
            values=NewTokenValues(EVIL, EVIL, True, EVIL, EVIL),
            errors={"name": EVIL, "access": EVIL, "expires": EVIL, "places": EVIL},
            fresh=fresh_token(EVIL, "kal_"),
        ),
        "activity, hostile error": lambda: activity_page(
            URLS, [], asked=Asked(EVIL, EVIL, EVIL, EVIL, EVIL), actions={}, error=EVIL
        ),
        "sessions": lambda: sessions_page(URLS, sessions=SESSIONS),
        "sessions, hostile": lambda: sessions_page(URLS, sessions=[SessionItem(1, NOON, NOON, EVIL, EVIL, False)]),
        "security": lambda: security_page(
            URLS,
            has_app=True,
            codes_left=2,
            passkeys=[PasskeyItem(1, "My phone", NOON, NOON), PasskeyItem(2, "Passkey 2", NOON, None)],
            has_passkeys_here=True,
            is_owed=False,
        ),
        "security, nothing yet": lambda: security_page(
            URLS, has_app=False, codes_left=0, passkeys=[], has_passkeys_here=False, is_owed=True
        ),
        "security, no password here": lambda: security_page(
            URLS,
            has_app=True,
            codes_left=9,
            passkeys=[],
            has_passkeys_here=False,
            is_owed=False,
            has_password=False,
            errors={"password": "Sign out and in again."},
        ),
        "security, hostile": lambda: security_page(
            URLS,
            has_app=True,
            codes_left=9,
            passkeys=[PasskeyItem(1, EVIL, NOON, None)],
            has_passkeys_here=True,
            is_owed=False,
            errors={"password": EVIL, "code": EVIL},
        ),
        "authenticator": lambda: authenticator_page(
            URLS, secret=bytes(20), draft="QUJD", account="alice", issuer="Harbour Lane"
        ),
        "authenticator, hostile": lambda: authenticator_page(
            URLS, secret=bytes(20), draft=EVIL, account=EVIL, issuer=EVIL * 9, errors={"code": EVIL}
        ),
        "recovery codes": lambda: recovery_codes_page(
            URLS, codes=[f"abcd-efgh-jkmn-{n}pqr" for n in range(10)], account="alice"
        ),
        "recovery codes, hostile": lambda: recovery_codes_page(URLS, codes=["abcd-efgh-jkmn-pqrs"], account=EVIL),
        "passkey": lambda: passkey_page(URLS, invitation='{"rp": {"id": "code.example.com"}}'),
        "passkey, elsewhere": lambda: passkey_page(URLS, invitation=None, canonical_url="https://code.example.com"),
        "passkey, nowhere": lambda: passkey_page(URLS, invitation=None),
        "passkey, hostile": lambda: passkey_page(
            URLS, invitation=EVIL, name=EVIL, canonical_url=EVIL, errors={"name": EVIL, "credential": EVIL}
        ),
        "confirm": lambda: confirm_page(URLS, username="alice", came_from="/web", passkey=PasskeyForm("/x", "{}", "/web")),
        "confirm, no password here": lambda: confirm_page(
            URLS, username="erna", came_from="/web", passkey=None, has_password=False, error="Sign out and in again."
        ),
        "confirm, hostile": lambda: confirm_page(
            URLS, username=EVIL, came_from=EVIL, passkey=PasskeyForm("/x", EVIL, EVIL), error=EVIL
        ),
        "second step": lambda: second_step_page(
            URLS, came_from="/web", username="alice", has_app=True, passkey=PasskeyForm("/x", "{}", "/web")
        ),
        "second step, passkeys elsewhere": lambda: second_step_page(
            URLS, came_from="", username="alice", has_app=False, passkey=None, error="This code is wrong."
        ),
        "second step, hostile": lambda: second_step_page(
            URLS, came_from=EVIL, username=EVIL, has_app=False, passkey=PasskeyForm("/x", EVIL, EVIL), error=EVIL
        ),
        "second factor": lambda: second_factor_page(URLS, demand=Demand.EVERYBODY, count=FactorCount(200, 40, 5, 3)),
        "second factor, hostile": lambda: second_factor_page(URLS, demand=Demand.NOBODY, count=FactorCount(0, 0, 0, 0)),
        "login, with a passkey": lambda: login_page(URLS, passkey=PasskeyForm("/x", '{"challenge": "x"}', "/web")),
        "error 404": lambda: error_page(URLS, status=404, sign_in_to="/web/secret"),
        "error 500": lambda: error_page(URLS, status=500, incident="3f9a-11", traceback=f"Traceback\n{EVIL}"),
        "error, hostile": lambda: error_page(URLS, status=418, message=EVIL, hint=EVIL, incident=EVIL, sign_in_to=EVIL),
        "signing keys": lambda: signing_keys_page(URLS, SIGNING_KEYS),
        "signing keys, none": lambda: signing_keys_page(URLS, ()),
        "signing keys, hostile": lambda: signing_keys_page(
            URLS, EVIL_SIGNING_KEYS, public_key=EVIL, description=EVIL, errors={"public_key": EVIL, "description": EVIL}
        ),
        "ssh keys": lambda: ssh_keys_page(URLS, SSH_KEYS, is_served=True),
        "ssh keys, none": lambda: ssh_keys_page(URLS, (), is_served=False),
        "ssh keys, hostile": lambda: ssh_keys_page(
            URLS,
            EVIL_SSH_KEYS,
            is_served=True,
            public_key=EVIL,
            description=EVIL,
            errors={"public_key": EVIL, "description": EVIL},
        ),
    }
