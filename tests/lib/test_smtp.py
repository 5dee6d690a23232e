"""Messages are handed to a real mail server, as protected as they should be, or not at all."""

from __future__ import annotations

from email.message import EmailMessage
from pathlib import Path

import pytest

from kallithea.lib.errors import Unavailable
from kallithea.lib.smtp import Encryption, MailDeferred, MailRefused, SmtpServer, connected
from tests.mail_server import MailServer, mail_server, only_with, secured
from tests.ports import free_port


def message(to: str = "alice@example.com") -> EmailMessage:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = "kallithea@example.com", to, "Hello"
    made.set_content("Hello")
    return made


def send(server: SmtpServer, to: str = "alice@example.com") -> None:
    with connected(server) as connection:
        connection.send(message(to), sender="kallithea@example.com", recipient=to)


def plain(server: MailServer) -> SmtpServer:
    return SmtpServer("localhost", server.port)


def trusted(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(folder / "localhost.crt"))


def test_message_arrives() -> None:
    with mail_server() as server:
        send(plain(server))

        assert server.only().recipients == ["alice@example.com"]


@pytest.mark.parametrize(
    ("answer", "kind"), [("550 no such user", MailRefused), ("451 later", MailDeferred), ("421 bye", Unavailable)]
)
@pytest.mark.parametrize("what", ["alice@example.com", "data"])
def test_refusals_say_whether_to_try_again(answer: str, kind: type[Exception], what: str) -> None:
    with mail_server() as server:
        server.handler.answers[what] = answer
        with pytest.raises(kind, match=answer[4:]) as refusal:
            send(plain(server))

    assert type(refusal.value) is kind


def test_connection_goes_on_after_a_refusal() -> None:
    with mail_server() as server:
        server.handler.answers["nobody@example.com"] = "550 no such user"
        with connected(plain(server)) as connection:
            with pytest.raises(MailRefused):
                connection.send(message(), sender="k@example.com", recipient="nobody@example.com")
            connection.send(message(), sender="k@example.com", recipient="alice@example.com")

        assert server.only().recipients == ["alice@example.com"]


def test_server_that_is_away_is_told_of() -> None:
    port = free_port()
    with pytest.raises(Unavailable, match=f"localhost:{port}"):
        send(SmtpServer("localhost", port))


def test_answers_of_a_server_hide_nothing() -> None:
    with mail_server() as server:
        server.handler.answers["alice@example.com"] = "550 no \u202e such\x07 user"
        with pytest.raises(MailRefused) as refusal:
            send(plain(server))

    assert refusal.value.message.isprintable()


# --- protection


def test_starttls_protects_the_message(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with mail_server(tls_context=secured(tmp_path), require_starttls=True) as server:
        trusted(monkeypatch, tmp_path)
        send(SmtpServer("localhost", server.port, Encryption.STARTTLS))

        assert server.handler.was_secured == [True]


def test_tls_from_the_beginning_protects_the_message(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context = secured(tmp_path)
    trusted(monkeypatch, tmp_path)
    with mail_server(ssl_context=context) as server:
        send(SmtpServer("localhost", server.port, Encryption.TLS))

        assert server.handler.was_secured == [True]


def test_server_that_hides_starttls_gets_nothing() -> None:
    """Somebody in between who takes STARTTLS out of the answers wants to read along."""
    with mail_server() as server:
        with pytest.raises(Unavailable):
            send(SmtpServer("localhost", server.port, Encryption.STARTTLS, "name", "password"))

        assert server.handler.asked == []


@pytest.mark.parametrize("encryption", [Encryption.STARTTLS, Encryption.TLS])
def test_server_with_a_certificate_of_its_own_making_gets_nothing(tmp_path: Path, encryption: Encryption) -> None:
    options = {"tls_context" if encryption is Encryption.STARTTLS else "ssl_context": secured(tmp_path)}
    with mail_server(**options) as server:
        with pytest.raises(Unavailable, match=r"(?i)certificate"):
            send(SmtpServer("localhost", server.port, encryption))

        assert server.handler.asked == []


@pytest.mark.parametrize("encryption", [Encryption.STARTTLS, Encryption.TLS])
def test_server_with_a_certificate_of_another_host_gets_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, encryption: Encryption
) -> None:
    context = secured(tmp_path, "mail.example.com")
    options = {"tls_context" if encryption is Encryption.STARTTLS else "ssl_context": context}
    with mail_server(**options) as server:
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "mail.example.com.crt"))
        with pytest.raises(Unavailable, match=r"(?i)certificate"):
            send(SmtpServer("localhost", server.port, encryption))

        assert server.handler.asked == []


def test_name_and_password_open_the_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with mail_server(tls_context=secured(tmp_path), **only_with("house", "s3cret: %")) as server:
        trusted(monkeypatch, tmp_path)
        send(SmtpServer("localhost", server.port, Encryption.STARTTLS, "house", "s3cret: %"))

        assert server.only().recipients == ["alice@example.com"]


def test_wrong_password_is_told_of_without_the_password(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with mail_server(tls_context=secured(tmp_path), **only_with("house", "right")) as server:
        trusted(monkeypatch, tmp_path)
        with pytest.raises(Unavailable) as refusal:
            send(SmtpServer("localhost", server.port, Encryption.STARTTLS, "house", "not-the-right-one"))

    assert "535" in refusal.value.message
    assert "not-the-right-one" not in repr((refusal.value.message, SmtpServer("h", 1, password="not-the-right-one")))
