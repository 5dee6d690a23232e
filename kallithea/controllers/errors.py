"""What goes wrong, as HTTP answers: one table for the classes, one page for all."""

from __future__ import annotations

from collections.abc import Mapping

from webob import Response

from kallithea.controllers.visit import Visit
from kallithea.lib import errors
from kallithea.lib.vcs import RepositoryMissing
from kallithea.pages.error import error_page
from kallithea.services.access.control import Moved
from kallithea.services.actors import Anonymous

STATUS: Mapping[type[errors.KallitheaError], int] = {
    errors.KallitheaError: 500,
    errors.Invalid: 400,
    errors.Unauthenticated: 401,
    errors.Forbidden: 403,
    errors.NotFound: 404,
    # Whoever hears this may read it: the ledger knows the repository, and its folder is gone or not mounted.
    RepositoryMissing: 503,
    errors.Conflict: 409,
    errors.TooLarge: 413,
    errors.TooManyAttempts: 429,
    errors.Unavailable: 503,
    errors.ConfigError: 500,
}


def status_of(error: errors.KallitheaError) -> int:
    """The HTTP status of the nearest class in the table."""
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def answer(visit: Visit, error: errors.KallitheaError) -> Response:
    """The page for an error. Visitors who may not see something, or nothing, get the sign-in form with it.

    Who asks for what has moved is led there. Inside of a repository it leads on there.
    """
    if isinstance(error, Moved) and visit.method in ("GET", "HEAD"):
        return visit.moved(error.path, error.rest)
    status = status_of(error)
    inside = visit.repository if status < 500 else ""
    may_sign_in = (
        isinstance(visit.scope.actor, Anonymous)
        and status in (401, 403, 404, 429)
        and visit.method in ("GET", "HEAD")
        and not (inside and status == 404)
    )
    page = error_page(
        visit.urls,
        status=status,
        message=error.message,
        hint=error.hint,
        inside=inside,
        sign_in_to=visit.here if may_sign_in else None,
        sources=visit.scope.sign_in_sources.offers() if may_sign_in else (),
    )
    return say_when(visit.rendered(page, status=status), error)


def say_when(response: Response, error: errors.KallitheaError) -> Response:
    """The response, with when to try again where trying again later is what helps."""
    if isinstance(error, errors.TooManyAttempts):
        response.headers["Retry-After"] = str(error.wait)
    elif isinstance(error, errors.Unavailable):
        response.headers["Retry-After"] = "10"
    return response
