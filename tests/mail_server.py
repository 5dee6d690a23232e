"""A real mail server on a free port, and instances that hand their mails to it."""

from __future__ import annotations

import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from kallithea.config.app import App
from kallithea.config.mailing import mailing_of
from kallithea.jobs.worker import Worker
from kallithea.services.mails import SEND
from kallithea.services.recovery import ANSWER
from tests.ports import free_port

SITE = "https://code.example.com/base"
SENDER = "kallithea@example.com"


@dataclass
class Received:
    """What the server took from one client."""

    sender: str
    recipients: list[str]
    message: EmailMessage

    @property
    def text(self) -> str:
        return str(self.message.get_body(("plain",)).get_content())  # type: ignore[union-attr] # there is one

    @property
    def html(self) -> str:
        return str(self.message.get_body(("html",)).get_content())  # type: ignore[union-attr] # there is one

    @property
    def link(self) -> str:
        """The address of the link in the text."""
        return next(line.strip() for line in self.text.splitlines() if line.startswith("    "))

    @property
    def token(self) -> str:
        return parse_qs(urlsplit(self.link).query)["token"][0]


@dataclass
class Handler:
    """Takes everything but what it is told to refuse, with the answer it is told to give."""

    received: list[Received] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)
    """By recipient, or by `data` for what is said after the message itself."""
    asked: list[str] = field(default_factory=list)
    was_secured: list[bool] = field(default_factory=list)

    async def handle_RCPT(self, server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: N802 - aiosmtpd's name
        self.asked.append(address)
        if address in self.answers:
            return self.answers[address]
        envelope.rcpt_tos.append(address)
        self.was_secured.append(server.transport.get_extra_info("ssl_object") is not None)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        if "data" in self.answers:
            return self.answers["data"]
        message = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        self.received.append(Received(envelope.mail_from, envelope.rcpt_tos, message))
        return "250 OK"


@dataclass
class MailServer:
    """A server that listens."""

    port: int
    handler: Handler

    @property
    def received(self) -> list[Received]:
        return self.handler.received

    def only(self) -> Received:
        """The one mail that came; forgets it."""
        assert len(self.received) == 1, [one.message["Subject"] for one in self.received]
        return self.received.pop()

    def to(self, address: str) -> Received:
        """The one mail to this address."""
        found = [one for one in self.received if one.recipients == [address]]
        assert len(found) == 1, [(one.recipients, one.message["Subject"]) for one in self.received]
        return found[0]


@contextmanager
def mail_server(*, port: int = 0, **options: Any) -> Iterator[MailServer]:
    """A mail server on this machine; `options` are those of aiosmtpd."""
    handler, number = Handler(), port or free_port()
    controller = Controller(handler, hostname="localhost", port=number, ready_timeout=30, **options)
    controller.start()
    try:
        yield MailServer(number, handler)
    finally:
        controller.stop()


def only_with(name: str, password: str) -> dict[str, Any]:
    """Options of a server that wants people to sign in."""

    def check(_server: Any, _session: Any, _envelope: Any, mechanism: str, data: Any) -> AuthResult:
        is_right = isinstance(data, LoginPassword) and (data.login, data.password) == (name.encode(), password.encode())
        return AuthResult(success=is_right, handled=False)

    return {"authenticator": check, "auth_required": True}


def certificate(folder: Path, host: str = "localhost") -> tuple[Path, Path]:
    """A certificate for a host that signs itself, and its key."""
    made, key = folder / f"{host}.crt", folder / f"{host}.key"
    arguments = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", f"/CN={host}"]
    names = ["-addext", f"subjectAltName=DNS:{host}"]
    subprocess.run(
        ["openssl", "req", "-x509", *arguments, *names, "-out", str(made), "-keyout", str(key)], check=True, capture_output=True
    )
    return made, key


def secured(folder: Path, host: str = "localhost") -> ssl.SSLContext:
    """What a server needs to have that certificate."""
    made, key = certificate(folder, host)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(made, key)
    return context


@contextmanager
def sends_mail(app: App, port: int, **others: Any) -> Iterator[None]:
    """The instance hands its mails to a server on this machine meanwhile."""
    values = {
        "smtp_server": "localhost",
        "smtp_port": port,
        "app_email_from": f"Test House <{SENDER}>",
        "canonical_url": SITE,
        **others,
    }
    tools, former = app._tools, {name: getattr(app.settings, name) for name in values}
    for name, value in values.items():
        object.__setattr__(app.settings, name, value)
    app._tools = replace(tools, mailing=mailing_of(app.settings))
    try:
        yield
    finally:
        app._tools = tools
        for name, value in former.items():
            object.__setattr__(app.settings, name, value)


def deliver(app: App) -> None:
    """Do the jobs of mail that are due, as a worker does."""
    worker = Worker(app.job_tools(), [ANSWER, SEND])
    while worker.run_one():
        pass
