"""mail-test: whether mail works."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from kallithea.cli import config_option
from kallithea.cli.instance import opened
from kallithea.config.mailing import mailing_of, missing, post_of
from kallithea.lib.clock import utc_now
from kallithea.lib.errors import ConfigError
from kallithea.lib.names import email_address
from kallithea.lib.smtp import connected
from kallithea.services.letters import trial
from kallithea.services.mails import Outgoing


@click.command("mail-test")
@click.argument("address")
@config_option
def mail_test(address: str, config_file: Path) -> None:
    """Send a test mail to ADDRESS, now."""
    recipient = email_address(address)
    with opened(config_file) as app:
        mailing, post = mailing_of(app.settings), post_of(app.settings)
        if mailing is None or post is None:
            keys = ", ".join(missing(app.settings)) or "smtp_server, app_email_from and canonical_url"
            raise ConfigError("Mail is not set up.", hint=f"Set {keys} in the ini file; docs/mail.md says how.")
        written = mailing.write(trial(""))
        now: datetime = utc_now()
        message = post.message(Outgoing(0, recipient, written.subject, written.text, written.html, now))
        # Not through the outbox: who sets mail up wants to see what the mail server says.
        with connected(post.server) as connection:
            connection.send(message, sender=post.sender, recipient=message["To"].addresses[0].addr_spec)
    click.echo(f"{post.server} took a mail to {recipient}.")
