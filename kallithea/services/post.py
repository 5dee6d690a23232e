"""Turns mails of the outbox into messages."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from kallithea.lib.smtp import MailRefused, SmtpServer
from kallithea.services.mails import Outgoing


@dataclass(frozen=True, slots=True)
class Post:
    """Where mails are handed in, and who they are from; `secret` makes their numbers unguessable."""

    server: SmtpServer
    sender_name: str
    sender: str
    secret: str

    def message(self, mail: Outgoing) -> EmailMessage:
        """The message for a mail, the same each time but for the boundary of its parts (RFC 5322).

        Raises MailRefused for an address that no server takes.
        """
        message = EmailMessage(policy=SMTP)
        message["From"] = _address(self.sender_name, self.sender)
        message["To"] = _address("", mail.recipient)
        message["Subject"] = mail.subject
        message["Date"] = format_datetime(mail.created_at)
        message["Message-ID"] = f"<{self._number(mail)}@{self.sender.rpartition('@')[2]}>"
        # So that no program answers (RFC 3834).
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(mail.text)
        message.add_alternative(mail.html, subtype="html")
        return message

    def _number(self, mail: Outgoing) -> str:
        text = f"{self.secret}\0{mail.id}\0{mail.created_at.isoformat()}"
        return f"{mail.id}.{hashlib.sha256(text.encode()).hexdigest()[:32]}"


def _address(name: str, address: str) -> Address:
    user, _, domain = address.rpartition("@")
    # Names of hosts are ASCII on the wire, whatever people type.
    try:
        ascii_domain = domain if domain.isascii() else domain.encode("idna").decode("ascii")
    except UnicodeError as error:
        raise MailRefused(f"{domain} cannot be the name of a host.") from error
    return Address(display_name=name, username=user, domain=ascii_domain)
