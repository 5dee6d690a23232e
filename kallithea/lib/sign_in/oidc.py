"""People of a provider of OpenID Connect: the authorization code flow with PKCE (OpenID Connect Core 1.0, RFC 7636)."""

from __future__ import annotations

import base64
import hashlib
import logging
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote_plus, urlencode

from kallithea.lib.errors import Unavailable
from kallithea.lib.sign_in.fetching import Refused, fetch, is_safe
from kallithea.lib.sign_in.id_tokens import checked_claims
from kallithea.lib.sign_in.options import option
from kallithea.lib.sign_in.sources import (
    LONGEST_SUBJECT,
    NOT_FROM_HERE,
    Departure,
    RedirectSource,
    SignInRefused,
    SourceSettings,
    VerifiedPerson,
)
from kallithea.lib.tokens import same

log = logging.getLogger(__name__)

WELL_KNOWN = "/.well-known/openid-configuration"
LONGEST_CODE = 4000


def _issuer(text: str) -> str | None:
    if not is_safe(text) or "?" in text or "#" in text:
        return "Write the address of the provider, such as https://id.example.com/realms/main."
    return None


def _scopes(text: str) -> str | None:
    return None if "openid" in text.split() else "One of them has to be openid."


@dataclass(frozen=True)
class OidcSettings(SourceSettings):
    """What `/_admin/auth/settings/oidc` asks for."""

    title: str = option("Name", "What the button says behind “Sign in with”.", default="OpenID Connect", needed=True)
    issuer: str = option(
        "Issuer",
        "The address of the provider exactly as it says itself; its configuration is found from there.",
        default="",
        needed=True,
        check=_issuer,
    )
    client_id: str = option("Client", "The client ID that the provider gave to this site.", default="", needed=True)
    client_secret: str = option(
        "Client secret", "The secret that belongs to it; empty for a public client.", default="", secret=True
    )
    scopes: str = option(
        "Scopes", "What is asked for, with blanks between.", default="openid profile email", needed=True, check=_scopes
    )
    name_claim: str = option(
        "Claim of the user name", "preferred_username, nickname, or another.", default="preferred_username", needed=True
    )
    short_name: bool = option("Short names", "Make alice of alice@example.com where a new account gets its name.", default=True)
    trust_email: bool = option(
        "Believe addresses",
        "Take e-mail addresses also where the provider does not say that they were verified.",
        default=False,
    )
    groups_claim: str = option("Claim of the groups", "Such as groups; empty: none.", default="")
    end_session: bool = option(
        "Sign out there too", "Offer it to who signs out here, if the provider has a place for that.", default=True
    )
    timeout: int = option("Patience", "Seconds to wait for the provider at each step.", default=5, limits=(1, 30))


class OidcSource(RedirectSource):
    """`oidc` in the list of sources."""

    name = "oidc"
    title = "OpenID Connect"
    about = "People sign in at another site, such as Keycloak, Authentik, GitLab, Entra ID or Google, which says who they are."
    settings = OidcSettings
    modules = ("joserfc",)
    extra = "oidc"

    def __init__(self, settings: OidcSettings) -> None:
        self._settings = settings

    @property
    def button(self) -> str:
        return self._settings.title

    def begin(self, back: str) -> Departure:
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        digest = hashlib.sha256(verifier.encode("ascii")).digest()
        query = {
            "response_type": "code",
            "client_id": self._settings.client_id,
            "redirect_uri": back,
            "scope": self._settings.scopes,
            "state": state,
            "nonce": nonce,
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii"),
            "code_challenge_method": "S256",
        }
        url = _with(self._endpoint(self._configuration(), "authorization_endpoint"), query)
        return Departure(url, {"state": state, "nonce": nonce, "verifier": verifier})

    def finish(self, kept: Mapping[str, str], answer: Mapping[str, str], back: str) -> VerifiedPerson:
        if not kept.get("state") or not same(answer.get("state", ""), kept["state"]):
            raise SignInRefused(NOT_FROM_HERE, hint="Begin again.")
        # RFC 9207: another provider's answer must not be taken to ours.
        if answer.get("iss", self._settings.issuer) != self._settings.issuer:
            raise SignInRefused(NOT_FROM_HERE, hint="Begin again.")
        code = answer.get("code", "")
        if "error" in answer or not 0 < len(code) <= LONGEST_CODE:
            log.info("The identity provider answered: %.200r", answer.get("error", "no code"))
            raise SignInRefused(f"{self.button} did not let you in.", hint="Try again, or ask an administrator of that site.")
        configuration = self._configuration()
        tokens = self._tokens(configuration, code, kept["verifier"], back)
        claims = checked_claims(
            str(tokens.get("id_token", "")),
            keys=self._fetched(self._endpoint(configuration, "jwks_uri")),
            issuer=self._settings.issuer,
            audience=self._settings.client_id,
            nonce=kept["nonce"],
        )
        return self._person(self._all_claims(configuration, tokens, claims))

    def farewell(self, home: str) -> str | None:
        if not self._settings.end_session:
            return None
        configuration = self._configuration()
        if "end_session_endpoint" not in configuration:
            return None
        query = {"client_id": self._settings.client_id, "post_logout_redirect_uri": home}
        return _with(self._endpoint(configuration, "end_session_endpoint"), query)

    def _configuration(self) -> dict[str, Any]:
        """What the provider says of itself (OpenID Connect Discovery 1.0). Raises Unavailable."""
        found = self._fetched(self._settings.issuer.rstrip("/") + WELL_KNOWN)
        if found.get("issuer") != self._settings.issuer:
            raise _unusable(f"it calls itself {found.get('issuer')!r}")
        return found

    def _endpoint(self, configuration: Mapping[str, Any], name: str) -> str:
        url = configuration.get(name)
        if not isinstance(url, str) or not is_safe(url):
            raise _unusable(f"its {name} is {url!r}")
        return url

    def _fetched(self, url: str, token: str = "") -> dict[str, Any]:
        try:
            return fetch(url, headers={"Authorization": f"Bearer {token}"} if token else {}, patience=self._settings.timeout)
        except Refused as error:
            raise _unusable(f"{url} answers with {error}") from error

    def _tokens(self, configuration: Mapping[str, Any], code: str, verifier: str, back: str) -> dict[str, Any]:
        """What the code is exchanged for. Raises SignInRefused for one that is none, or was used before."""
        client, secret = self._settings.client_id, self._settings.client_secret
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": back, "code_verifier": verifier}
        headers = {}
        methods = configuration.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        if secret and "client_secret_basic" in methods:
            # RFC 6749, section 2.3.1: both are encoded as in a form before they become one.
            pair = f"{quote_plus(client)}:{quote_plus(secret)}".encode("ascii")
            headers["Authorization"] = f"Basic {base64.b64encode(pair).decode('ascii')}"
        else:
            form |= {"client_id": client, **({"client_secret": secret} if secret else {})}
        url = self._endpoint(configuration, "token_endpoint")
        try:
            return fetch(url, form=urlencode(form).encode("ascii"), headers=headers, patience=self._settings.timeout)
        except Refused as error:
            if error.said.get("error") == "invalid_grant":
                raise SignInRefused(NOT_FROM_HERE, hint="Begin again.") from error
            raise _unusable(f"its token_endpoint answers with {error}, {error.said.get('error')!r}") from error

    def _all_claims(
        self, configuration: Mapping[str, Any], tokens: Mapping[str, Any], claims: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        """Those of the token, and what the provider only tells when it is asked."""
        token = tokens.get("access_token")
        if "userinfo_endpoint" not in configuration or not isinstance(token, str) or not token.isascii():
            return claims
        told = self._fetched(self._endpoint(configuration, "userinfo_endpoint"), token)
        if told.get("sub") != claims["sub"]:
            raise SignInRefused(f"{self.button} told of two different people.")
        return {**told, **claims}

    def _person(self, claims: Mapping[str, Any]) -> VerifiedPerson:
        settings = self._settings
        # A subject belongs to its issuer (OpenID Connect Core 1.0, section 2): another one in the settings knows other people.
        subject = f"{settings.issuer} {claims['sub']}"
        if len(subject) > LONGEST_SUBJECT:
            raise SignInRefused(f"The identifier that {self.button} has for you is too long.")
        name = _text(claims, settings.name_claim)
        is_verified = settings.trust_email or claims.get("email_verified") is True
        return VerifiedPerson(
            subject=subject,
            name=name.partition("@")[0] if settings.short_name else name,
            email=_text(claims, "email") if is_verified else "",
            full_name=_text(claims, "name"),
            groups=_groups(claims.get(settings.groups_claim)) if settings.groups_claim else None,
        )


def _text(claims: Mapping[str, Any], name: str) -> str:
    value = claims.get(name)
    return value if isinstance(value, str) else ""


def _groups(value: object) -> frozenset[str]:
    """The names in a claim: a list of texts, or one text. No claim is no group."""
    names = value if isinstance(value, list) else [value]
    return frozenset(name for name in names if isinstance(name, str) and name)


def _with(url: str, query: Mapping[str, str]) -> str:
    return f"{url}{'&' if '?' in url else '?'}{urlencode(query)}"


def _unusable(reason: str) -> Unavailable:
    log.warning("The identity provider cannot be used: %s", reason)
    return Unavailable(
        "The other site that knows you cannot be asked at the moment.", hint="Try again in a minute, or tell an administrator."
    )
