"""What a browser or a program shows to the web pages to prove who it is."""

from __future__ import annotations

from webob import Request, Response

from kallithea.lib.access_tokens import TokenKind, begins_as_token, has_token
from kallithea.lib.authorization import Basic, Bearer, read_authorization
from kallithea.lib.errors import Forbidden, Invalid
from kallithea.services.actors import NoCredentials, Proof, SessionToken, ShownToken


def shown_proof(request: Request, cookie_name: str) -> Proof:
    """A token in the header Authorization, else the cookie of a session.

    Where there is a token the cookie is not looked at: what the token may not do shall not be done by who is signed in. What
    else the header has is not for us, as a proxy in front may have asked for it. Raises Invalid for a token in the address,
    which logs and histories keep, and Forbidden for a deploy token, which is for clients of hg and git.
    """
    if has_token(request.query_string):
        raise Invalid("A token may not stand in an address.", hint="Revoke it: logs keep addresses. Send it as a header.")
    token = _token(request.headers.get("Authorization"))
    if token is not None:
        if token.token.startswith(TokenKind.REPOSITORY.value):
            raise Forbidden("A deploy token is for hg and git, not for pages.")
        return token
    cookie = request.cookies.get(cookie_name) if "HTTP_COOKIE" in request.environ else None
    return SessionToken(cookie) if cookie else NoCredentials()


def challenged(response: Response, request: Request, realm: str) -> Response:
    """The response, with how to sign in where a token was shown that opens nothing (RFC 9110, section 11.6.1)."""
    token = _token(request.headers.get("Authorization"))
    if response.status_int == 401 and token is not None:
        quotable = "".join(c for c in realm if " " <= c <= "~" and c not in '"\\')
        scheme = 'Bearer error="invalid_token"' if token.is_bearer else f'Basic realm="{quotable}", charset="UTF-8"'
        response.headers["WWW-Authenticate"] = scheme
    return response


def _token(header: str | None) -> ShownToken | None:
    if not header:
        return None
    try:
        shown = read_authorization(header)
    except ValueError:
        return None
    if isinstance(shown, Bearer) and begins_as_token(shown.token):
        return ShownToken(shown.token)
    if isinstance(shown, Basic) and begins_as_token(shown.password):
        return ShownToken(shown.password, shown.name)
    return None
