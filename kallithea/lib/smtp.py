"""Hands messages to a mail server (RFC 5321)."""

from __future__ import annotations

import enum
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.message import EmailMessage

from kallithea.lib.errors import Invalid, KallitheaError, Unavailable
from kallithea.lib.visible import visible_text

PATIENCE = 30.0
"""Seconds for each answer of the mail server."""
LONGEST_ANSWER = 500
CLOSING = 421
"""The server ends the connection, whatever it was asked for (RFC 5321, section 3.8)."""


class Encryption(enum.Enum):
    """How the connection is protected. Who asks for protection never goes on without it."""

    NONE = "none"
    STARTTLS = "STARTTLS"
    TLS = "TLS"


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Where mails are handed in; without a user name nobody signs in there."""

    host: str
    port: int
    encryption: Encryption = Encryption.NONE
    username: str = ""
    password: str = field(default="", repr=False)

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


class MailRefused(Invalid):
    """The server will never take this message for this address."""


class MailDeferred(Unavailable):
    """The server does not take this message now; it may later."""


class SmtpConnection:
    """A mail server that listens."""

    def __init__(self, smtp: smtplib.SMTP, server: SmtpServer) -> None:
        self._smtp = smtp
        self._server = server

    def send(self, message: EmailMessage, *, sender: str, recipient: str) -> None:
        """Hand one message over. Raises MailRefused, MailDeferred, and Unavailable where no further one is taken either."""
        try:
            self._smtp.send_message(message, sender, [recipient])
        except smtplib.SMTPRecipientsRefused as error:
            raise self._refusal(*next(iter(error.recipients.values()))) from error
        except smtplib.SMTPDataError as error:
            raise self._refusal(error.smtp_code, error.smtp_error) from error
        except smtplib.SMTPNotSupportedError as error:
            raise MailRefused("The mail server takes no addresses with such letters.") from error
        except OSError as error:  # every other SMTPException is one; a refused sender is about all messages, too
            raise _away(self._server, error) from error

    def _refusal(self, code: int, answer: bytes | str) -> KallitheaError:
        said = f"The mail server said: {code} {_shown(answer)}"
        if code == CLOSING:
            return Unavailable(said)
        return MailRefused(said) if code >= 500 else MailDeferred(said)


@contextmanager
def connected(server: SmtpServer) -> Iterator[SmtpConnection]:
    """A connection for any number of messages. Raises Unavailable where there is none, or not as protected as it should be."""
    try:
        smtp = _opened(server)
    except (OSError, ValueError) as error:
        raise _away(server, error) from error
    try:
        yield SmtpConnection(smtp, server)
    finally:
        with suppress(OSError):
            smtp.quit()


def _opened(server: SmtpServer) -> smtplib.SMTP:
    # The certificates of this machine; OpenSSL also reads those in the file SSL_CERT_FILE.
    if server.encryption is Encryption.TLS:
        secured = ssl.create_default_context()
        smtp: smtplib.SMTP = smtplib.SMTP_SSL(server.host, server.port, timeout=PATIENCE, context=secured)
    else:
        smtp = smtplib.SMTP(server.host, server.port, timeout=PATIENCE)
    try:
        if server.encryption is Encryption.STARTTLS:
            smtp.starttls(context=ssl.create_default_context())
        if server.username:
            smtp.login(server.username, server.password)
    except BaseException:
        smtp.close()
        raise
    return smtp


def _away(server: SmtpServer, error: Exception) -> Unavailable:
    if isinstance(error, smtplib.SMTPResponseException):
        said = f"{error.smtp_code} {_shown(error.smtp_error)}"
    else:
        said = _shown(str(error) or type(error).__name__)
    return Unavailable(f"The mail server {server} cannot be used: {said}")


def _shown(answer: bytes | str) -> str:
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    return visible_text(" ".join(text.split()))[:LONGEST_ANSWER]
