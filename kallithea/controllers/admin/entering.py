"""The end of signing in, the same for whatever was shown: a session, or first the second step."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from webob import Response

from kallithea.controllers.visit import Visit
from kallithea.services.accounts import Accounts
from kallithea.services.actors import Member
from kallithea.services.slips import VALID


def enter(visit: Visit, member: Member, *, remember: bool, came_from: str, source: str | None = None) -> Response:
    """Lead on who has shown one factor. An account that has a second one gets a ticket for the second step, and no session.

    `source` is the one that sent the browser to another site, where it did. To be called before the scope writes.
    """
    step = visit.scope.second_step
    if not step.is_owed_by(member.id):
        return open_session(visit, member, remember=remember, came_from=came_from, source=source)
    ticket = step.ticket(member.id, remember=remember, browser=visit.browser, source=source)
    visit.set_cookie(ticket_cookie(visit), ticket, max_age=int(VALID.total_seconds()))
    return visit.redirect(visit.urls.second_step(came_from=came_from))


def open_session(visit: Visit, member: Member, *, remember: bool, came_from: str, source: str | None = None) -> Response:
    """Sign in who has shown everything there is: always a new session, in place of the one that the browser had."""
    with _accounts(visit) as accounts:
        end_session_here(visit, accounts)
        token, until = accounts.start_session(member, visit.scope.credentials.origin, remember=remember, source=source)
    visit.set_cookie(visit.settings.cookie_name, token, max_age=None if until is None else visit.settings.remember_seconds)
    return visit.redirect(visit.safe_destination(came_from))


def end_session_here(visit: Visit, accounts: Accounts) -> None:
    """End the session that a new one takes the cookie of; nobody could end it otherwise, but by waiting."""
    actor = visit.scope.actor
    if isinstance(actor, Member) and actor.session_id is not None:
        accounts.end_session(actor, actor.session_id)


@contextmanager
def _accounts(visit: Visit) -> Iterator[Accounts]:
    """Those of the scope for a form; a page gets some that write apart from its scope, which only reads."""
    if visit.method == "POST":
        yield visit.scope.accounts
    else:
        with visit.scope.accounts_apart() as accounts:
            yield accounts


def ticket_cookie(visit: Visit) -> str:
    """The cookie of who is between the two steps."""
    return f"{visit.settings.cookie_name}_step"
