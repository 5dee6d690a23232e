"""Mail from the settings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from email.utils import parseaddr
from functools import cache
from typing import TYPE_CHECKING

from kallithea.config.settings import Settings
from kallithea.lib.smtp import Encryption, SmtpServer
from kallithea.services.letters import Letter, Written
from kallithea.services.mails import Mailing
from kallithea.services.post import Post

if TYPE_CHECKING:
    from jinja2 import Environment

LETTER = "mail/_letter"
_PORTS = {Encryption.NONE: 25, Encryption.STARTTLS: 587, Encryption.TLS: 465}
_NEEDED = ("smtp_server", "app_email_from", "canonical_url")


@dataclass(frozen=True, slots=True)
class MailSite:
    """What the templates of mails know beside the letter."""

    title: str
    address: str


def missing(settings: Settings) -> tuple[str, ...]:
    """The keys without which no mail is sent, where one of them is set; nothing where all are, or none."""
    empty = tuple(name for name in _NEEDED if not getattr(settings, name))
    return empty if settings.smtp_server else ()


def mailing_of(settings: Settings) -> Mailing | None:
    """How letters are written; None where mail is not set up."""
    if not _is_set_up(settings):
        return None
    return Mailing(site=settings.canonical_url, write=_writer(settings), time_zone=settings.time_zone)


def post_of(settings: Settings) -> Post | None:
    """Where mails are handed in; None where mail is not set up."""
    if not _is_set_up(settings):
        return None
    unless_tls = Encryption.STARTTLS if settings.smtp_use_tls else Encryption.NONE
    encryption = Encryption.TLS if settings.smtp_use_ssl else unless_tls
    server = SmtpServer(
        settings.smtp_server,
        settings.smtp_port or _PORTS[encryption],
        encryption,
        settings.smtp_username,
        settings.smtp_password,
    )
    name, address = parseaddr(settings.app_email_from)
    return Post(server, name or settings.title, address, settings.session_secret)


def _is_set_up(settings: Settings) -> bool:
    return all(getattr(settings, name) for name in _NEEDED)


def _writer(settings: Settings) -> Callable[[Letter], Written]:
    site = MailSite(settings.title, settings.canonical_url)
    prefix = f"{settings.email_prefix} " if settings.email_prefix else ""

    def write(letter: Letter) -> Written:
        text, html = (
            _environment().get_template(f"{LETTER}.{ending}").render(page=letter, site=site) for ending in ("txt", "html")
        )
        return Written(prefix + letter.subject, text, html)

    return write


@cache
def _environment() -> Environment:
    # Imported with the first mail: commands that send none need not wait for the templates.
    from kallithea.config.rendering import make_environment

    return make_environment()
