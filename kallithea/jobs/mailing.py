"""Sends what waits in the outbox."""

from __future__ import annotations

from kallithea.jobs.tools import JobTools
from kallithea.lib.errors import Unavailable
from kallithea.lib.smtp import MailDeferred, MailRefused, SmtpConnection, connected
from kallithea.lib.vcs import MaintenanceStopped, StopSignal
from kallithea.pages.urls import Urls
from kallithea.services.jobs import Claim


def send_mails(tools: JobTools, _claim: Claim, stop: StopSignal) -> str:
    """Send the mails that are due, over one connection. Raises Unavailable where there is none: then the job comes again.

    A server that dies between sending a mail and writing that down sends it twice, with the same Message-ID.
    """
    if tools.post is None:
        return "mail is not set up"
    counts = {"sent": 0, "refused": 0, "deferred": 0}
    while waiting := _due(tools):
        try:
            with connected(tools.post.server) as connection:
                for mail_id in waiting:
                    if stop.wait(0):
                        raise MaintenanceStopped("Sending mails was stopped.")
                    if outcome := _send(tools, connection, mail_id):
                        counts[outcome] += 1
        except Unavailable as error:
            with tools.scope() as scope:
                scope.mails.kept_back(error.message)
            raise
    return ", ".join(f"{number} {word}" for word, number in counts.items())


def answer_resets(tools: JobTools, _claim: Claim, _stop: StopSignal) -> str:
    """Look whose the addresses are for which new passwords were asked, and send links to those that are somebody's."""
    with tools.scope() as scope:
        if not scope.mails.is_set_up:
            return "mail is not set up"
        return f"{scope.recovery.answer(Urls.of_site(scope.mails.site).password_reset_link)} links sent"


def clean_mails(tools: JobTools, _claim: Claim, _stop: StopSignal) -> str:
    """Delete mails that were sent or failed long ago, and links, registrations and invitations that are over."""
    with tools.scope() as scope:
        over = [
            scope.addresses.forget_expired_links(),
            scope.registrations.forget_expired(),
            scope.invitations.forget_expired(),
        ]
        return f"{scope.mails.forget_old()} old mails deleted, and {sum(over)} links that are over"


def _due(tools: JobTools) -> list[int]:
    with tools.scope() as scope:
        return [*scope.mails.due()]


def _send(tools: JobTools, connection: SmtpConnection, mail_id: int) -> str | None:
    """Send one mail, with no transaction open meanwhile; what became of it, None where it is not to be sent any more."""
    assert tools.post is not None
    with tools.scope() as scope:
        mail = scope.mails.outgoing(mail_id)
    if mail is None:
        return None
    try:
        message = tools.post.message(mail)
        connection.send(message, sender=tools.post.sender, recipient=message["To"].addresses[0].addr_spec)
    except MailRefused as error:
        with tools.scope() as scope:
            scope.mails.refused(mail_id, error.message)
        return "refused"
    except MailDeferred as error:
        with tools.scope() as scope:
            scope.mails.deferred(mail_id, error.message)
        return "deferred"
    with tools.scope() as scope:
        scope.mails.sent(mail_id)
    return "sent"
