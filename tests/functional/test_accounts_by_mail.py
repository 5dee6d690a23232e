"""Stories of people who get mail from here: through pages, forms, the outbox and a real mail server."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from webtest import TestResponse

from kallithea.services import letters
from kallithea.services.mails import SEND, MailState
from kallithea.services.site_settings import RegistrationMode
from tests.functional.forms import form_with
from tests.mail_server import SITE, MailServer, Received, deliver, mail_server, sends_mail
from tests.worlds import PASSWORD, Browser, Person, World

NEW = "a much better horse"
HOSTS = ["evil.example", "localhost.evil.example", "evil.example:80", "evil.example/x"]


@pytest.fixture(name="server")
def _server(world: World) -> Iterator[MailServer]:
    with mail_server() as server, sends_mail(world.app, server.port):
        # What another test left neither waits nor has made the outbox pause.
        with world.app.system_scope() as scope:
            for mail in scope.mails.queue(state=MailState.WAITING):
                scope.mails.discard(mail.id)
            scope.jobs.expect(SEND)
            scope.jobs.again(SEND)
        deliver(world.app)
        server.received.clear()
        yield server


@pytest.fixture(name="alice")
def _alice(world: World) -> Person:
    return world.person()


@pytest.fixture(name="boss")
def _boss(world: World) -> Browser:
    return world.browser(world.administrator)


@pytest.fixture(name="registration")
def _registration(world: World) -> Iterator[None]:
    """Nobody may register afterwards."""
    yield
    with world.app.system_scope() as scope:
        scope.site_settings.set_registration(RegistrationMode.OFF)


def _allow(world: World, mode: RegistrationMode) -> None:
    with world.app.system_scope() as scope:
        scope.registrations.choose_mode(mode)


def _mailed(world: World, server: MailServer) -> Received:
    deliver(world.app)
    return server.only()


def _path(mail: Received) -> str:
    """Where the link of a mail leads on the site."""
    assert mail.link.startswith(f"{SITE}/")
    parts = urlsplit(mail.link.removeprefix(SITE))
    return f"{parts.path}?{parts.query}"


def _ask(browser: Browser, email: str, **options: object) -> TestResponse:
    return browser.post("/_admin/password_reset", {"email": email}, **options)


# --- forgotten passwords


def test_forgotten_password_is_replaced(world: World, server: MailServer, alice: Person) -> None:
    elsewhere, browser = world.browser(alice), world.browser()
    page = browser.get("/_admin/login", status=200).click("Forgot your password")
    form = form_with(page, "email")
    form["email"] = f"{alice.name}@example.com"
    assert "Look into your mail" in form.submit(status=303).follow().text

    page = browser.get(_path(_mailed(world, server)), status=200)
    form = form_with(page, "password_confirm")
    form["password"] = form["password_confirm"] = NEW
    assert "Your password is changed" in form.submit(status=303).follow().text

    assert not elsewhere.is_signed_in
    assert world.browser().sign_in(alice, password=NEW).status_int == 303
    assert world.browser().sign_in(alice).status_int == 401


def test_answer_is_the_same_for_known_unknown_and_disabled(world: World, server: MailServer, alice: Person) -> None:
    disabled = world.person()
    world.disable(disabled)

    answers = [_ask(world.browser(), f"{name}@example.com") for name in (alice.name, disabled.name, "nobody")]

    told = [(one.status, one.headers["Location"], one.body) for one in answers]
    assert told[0] == told[1] == told[2]
    assert told[0][0] == "303 See Other"


@pytest.mark.parametrize("host", HOSTS)
def test_host_of_the_request_never_gets_into_a_mail(world: World, server: MailServer, alice: Person, host: str) -> None:
    """Whoever asks for somebody else's link with a host of their own would get the token when the link is opened."""
    _ask(world.browser(), f"{alice.name}@example.com", headers={"Host": host, "X-Forwarded-Host": host})
    deliver(world.app)

    for mail in server.received:
        assert "evil" not in f"{mail.text}{mail.html}{mail.message['Message-ID']}"
        assert mail.link.startswith(f"{SITE}/_admin/")


def test_opening_the_link_uses_nothing_up(world: World, server: MailServer, alice: Person) -> None:
    """Programs that look for bad links in mails open all of them."""
    _ask(world.browser(), f"{alice.name}@example.com")
    path = _path(_mailed(world, server))
    before = world.rows()

    for _ in range(3):
        assert alice.name in world.browser().get(path, status=200).text

    assert world.rows() == before


def test_passwords_that_differ_or_are_bad_leave_the_form(world: World, server: MailServer, alice: Person) -> None:
    _ask(world.browser(), f"{alice.name}@example.com")
    browser, token = world.browser(), _mailed(world, server).token
    for password, again, said in ((NEW, "another", "differ"), ("short", "short", "at least 12")):
        fields = {"token": token, "password": password, "password_confirm": again}
        answer = browser.post("/_admin/password_reset_confirmation", fields, status=400)
        assert said in answer.text
        assert form_with(answer, "password_confirm")["token"].value == token


def test_link_that_is_over_says_so(world: World, server: MailServer) -> None:
    browser = world.browser()
    fields = {"token": "x", "password": NEW, "password_confirm": NEW}

    for answer in (
        browser.get("/_admin/password_reset_confirmation?token=x", status=200),
        browser.get("/_admin/password_reset_confirmation", status=200),
        browser.post("/_admin/password_reset_confirmation", fields, status=400),
    ):
        assert "This link is over" in answer.text


def test_asking_too_often_says_when_to_come_back(world: World, server: MailServer, alice: Person) -> None:
    answers = [_ask(world.browser(), f"{alice.name}@example.com") for _ in range(4)]

    assert [answer.status_int for answer in answers] == [303, 303, 303, 429]
    assert answers[-1].headers["Retry-After"] == "3600"


def test_without_mail_the_link_is_not_offered(world: World) -> None:
    browser = world.browser()

    assert "Forgot your password" not in browser.get("/_admin/login").text
    assert "sends no mail" in browser.get("/_admin/password_reset", status=200).text
    assert _ask(browser, "alice@example.com").status_int == 503


def test_text_of_a_mail_is_shown_to_nobody(world: World, server: MailServer, alice: Person, boss: Browser) -> None:
    with sends_mail(world.app, 9):
        _ask(world.browser(), f"{alice.name}@example.com")
        deliver(world.app)
        page = boss.get("/_admin/mail", status=200).text
        with world.app.system_scope() as scope:
            waiting = scope.mails.outgoing(scope.mails.due()[-1]) if scope.mails.due() else None
        assert f"{alice.name}@example.com" in page
        assert "token=" not in page
        assert waiting is None or "token=" in waiting.text


# --- addresses


def test_address_is_added_confirmed_and_made_the_primary_one(world: World, server: MailServer, alice: Person) -> None:
    browser, new = world.browser(alice), f"new-{alice.name}@example.org"
    form = form_with(browser.get("/_admin/my_account/emails", status=200), "new_email")
    form["new_email"], form["current_password"] = new, PASSWORD
    assert "not confirmed" in form.submit(status=303).follow().text

    page = browser.get(_path(_mailed(world, server)), status=200)
    assert new in page.text
    page = form_with(page, "token").submit(status=303).follow()
    form = form_with(page, "email_id")
    form["email_id"] = form["email_id"].options[0][0]
    form["current_password"] = PASSWORD
    page = form.submit(status=303).follow()

    assert new in browser.get("/_admin/my_account").text
    form_with(page, "del_email_id").submit(status=303)
    assert f">{alice.name}@example.com" not in browser.get("/_admin/my_account/emails").text


@pytest.mark.parametrize("url", ["/_admin/my_account/emails", "/_admin/my_account/emails/primary"])
def test_open_browser_alone_changes_no_address(world: World, server: MailServer, alice: Person, url: str) -> None:
    fields = {"new_email": "eve@example.com", "email_id": "1", "current_password": "not the password"}

    browser = world.browser(alice)
    # That a password was wrong is counted and written down.
    aside = ["sign_in_failure", "user_session", "audit_entry"]
    before = world.rows(but=aside)

    browser.post(url, fields, status=400)

    assert world.rows(but=aside) == before


def test_visitor_who_opens_the_link_signs_in_first(world: World, server: MailServer, alice: Person) -> None:
    fields = {"new_email": f"x{alice.name}@example.org", "current_password": PASSWORD}
    world.browser(alice).post("/_admin/my_account/emails", fields, status=303)
    path = _path(_mailed(world, server))

    page = world.browser().get(path, status=401)
    form = form_with(page, "came_from")
    form["username"], form["password"] = alice.name, PASSWORD

    assert form.submit(status=303).headers["Location"] == f"http://localhost{path}"


def test_display_name_is_changed_and_a_misleading_one_is_refused(world: World, alice: Person) -> None:
    browser = world.browser(alice)
    form = form_with(browser.get("/_admin/my_account"), "display_name")
    form["display_name"] = "Ada Lovelace"
    assert "Ada Lovelace" in form.submit(status=303).follow().text

    repository = world.repository()
    browser.post(f"{repository.url}/follow", status=303)
    assert "Ada Lovelace" in world.browser().get(f"{repository.url}/followers", status=200).text

    answer = browser.post("/_admin/my_account/profile", {"display_name": "\u0430dmin", "time_zone": ""}, status=400)
    assert "several alphabets" in answer.text


# --- registration


def test_nobody_can_register_in_a_new_instance(world: World, server: MailServer) -> None:
    browser = world.browser()
    fields = {"username": "x", "email": "x@example.com", "password": NEW, "password_confirmation": NEW}

    assert "Nobody can register" in browser.get("/_admin/register", status=200).text
    assert browser.post("/_admin/register", fields).status_int == 403
    assert "/_admin/register" not in browser.get("/_admin/login").text


def test_open_registration(world: World, server: MailServer, registration: None) -> None:
    _allow(world, RegistrationMode.OPEN)
    browser, name = world.browser(), f"newcomer{world.number}"
    form = form_with(browser.get("/_admin/login").click("Register"), "display_name")
    form["username"], form["email"], form["display_name"] = name, f"{name}@example.com", "New Comer"
    form["password"] = form["password_confirmation"] = PASSWORD
    assert "Look into your mail" in form.submit(status=303).follow().text
    assert browser.post("/_admin/login", {"username": name, "password": PASSWORD}).status_int == 401

    page = browser.get(_path(_mailed(world, server)), status=200)
    assert "Your account is ready" in form_with(page, "token").submit(status=303).follow().text

    assert browser.post("/_admin/login", {"username": name, "password": PASSWORD}).status_int == 303


def test_registration_by_approval(world: World, server: MailServer, boss: Browser, registration: None) -> None:
    form = form_with(boss.get("/_admin/registrations", status=200), "registration")
    form["registration"] = "approval"
    form.submit(status=303)
    browser, name = world.browser(), f"newcomer{world.number}"
    email = f"{name}@example.com"
    fields = {"username": name, "email": email, "password": PASSWORD, "password_confirmation": PASSWORD}
    browser.post("/_admin/register", fields, status=303)
    page = browser.get(_path(_mailed(world, server)), status=200)
    form_with(page, "token").submit(status=303)
    deliver(world.app)
    assert server.to("site-administrator@example.com").link == f"{SITE}/_admin/registrations"
    server.received.clear()

    page = boss.get("/_admin/registrations", status=200)
    assert name in page.text
    form_with(page, "registration_id", to="/_admin/registrations/approve").submit(status=303)

    assert _mailed(world, server).recipients == [email]
    assert browser.post("/_admin/login", {"username": name, "password": PASSWORD}).status_int == 303


def test_fields_that_nobody_asked_for_make_no_administrator(world: World, server: MailServer, registration: None) -> None:
    _allow(world, RegistrationMode.OPEN)
    browser, name = world.browser(), f"newcomer{world.number}"
    fields = {"username": name, "email": f"{name}@example.com", "password": PASSWORD, "password_confirmation": PASSWORD}
    extra = {"is_administrator": "True", "admin": "True", "is_active": "True", "confirmed_at": "2020-01-01", "id": "1"}
    browser.post("/_admin/register", {**fields, **extra}, status=303)
    form_with(browser.get(_path(_mailed(world, server))), "token").submit(status=303)

    with world.app.system_scope() as scope:
        assert not scope.accounts.by_name(name).is_administrator


# --- invitations


def test_invited_person_makes_an_account(world: World, server: MailServer, boss: Browser) -> None:
    repository, name = world.repository(private=True), f"guest{world.number}"
    form = form_with(boss.get("/_admin/invitations", status=200), "user_group")
    form["email"], form["path"], form["access"] = f"{name}@example.com", repository.path, "write"
    assert f"write on {repository.path}" in form.submit(status=303).follow().text

    browser = world.browser()
    form = form_with(browser.get(_path(_mailed(world, server)), status=200), "username")
    form["username"] = name
    form["password"] = form["password_confirmation"] = PASSWORD
    assert "Welcome" in form.submit(status=303).follow().text

    assert browser.post("/_admin/login", {"username": name, "password": PASSWORD}).status_int == 303
    assert browser.get(repository.url).status_int == 200


def test_withdrawn_invitation_is_over(world: World, server: MailServer, boss: Browser) -> None:
    boss.post("/_admin/invitations", {"email": f"guest{world.number}@example.com"}, status=303)
    path = _path(_mailed(world, server))
    page = boss.get("/_admin/invitations")
    form_with(page, "invitation_id").submit(status=303)

    assert "invitation is over" in world.browser().get(path, status=200).text


# --- the outbox


def test_test_mail_takes_the_way_of_all_mails(world: World, server: MailServer, boss: Browser) -> None:
    form = form_with(boss.get("/_admin/mail", status=200), "test_email")
    form["test_email"] = "somebody@example.com"
    assert "waiting" in form.submit(status=303).follow().text

    assert _mailed(world, server).recipients == ["somebody@example.com"]
    assert "sent" in boss.get("/_admin/mail?state=sent").text


def test_every_mail_can_be_tried_and_its_link_opens_nothing(world: World, server: MailServer, boss: Browser) -> None:
    form = form_with(boss.get("/_admin/mail", status=200), "test_letter")
    kinds = [value for value, _, _ in form["test_letter"].options]
    written = [
        one for _, one in inspect.getmembers(letters, inspect.isfunction) if one.__annotations__.get("return") == "Letter"
    ]
    assert len(kinds) == len(written)
    form["test_email"] = "somebody@example.com"

    for kind in kinds:
        form["test_letter"] = kind
        form.submit(status=303)
        mail = _mailed(world, server)
        assert set(re.findall(r"https?://\S+", mail.text)) <= {f"{SITE}/", SITE}
        server.received.clear()


def test_mail_that_there_is_not_is_not_tried(world: World, server: MailServer, boss: Browser) -> None:
    assert boss.post("/_admin/mail/test", {"test_email": "x@example.com", "test_letter": "x"}).status_int == 400


def test_failed_mail_says_why_and_is_tried_again_or_discarded(world: World, server: MailServer, boss: Browser) -> None:
    for name in ("one", "two"):
        server.handler.answers[f"{name}@example.com"] = "550 no such user here"
        boss.post("/_admin/mail/test", {"test_email": f"{name}@example.com"}, status=303)
    deliver(world.app)
    page = boss.get("/_admin/mail?state=failed", status=200)
    assert page.text.count("no such user here") == 2

    server.handler.answers.clear()
    form_with(page, "mail_id", to="/_admin/mail/discard").submit(status=303)
    page = boss.get("/_admin/mail?state=failed", status=200)
    form_with(page, "mail_id", to="/_admin/mail/retry").submit(status=303)

    assert _mailed(world, server).recipients == ["one@example.com"]
    assert "None of these" in boss.get("/_admin/mail?state=failed").text


def test_server_that_is_away_is_shown(world: World, server: MailServer, boss: Browser) -> None:
    with sends_mail(world.app, 9):
        boss.post("/_admin/mail/test", {"test_email": "somebody@example.com"}, status=303)
        deliver(world.app)
        page = boss.get("/_admin/mail", status=200)

    assert "localhost:9 cannot be used" in page.text


@pytest.mark.parametrize("address", ["x@example.com\r\nBcc: y@example.com", "x", ""], ids=ascii)
def test_test_mail_to_no_address_is_refused(world: World, server: MailServer, boss: Browser, address: str) -> None:
    assert boss.post("/_admin/mail/test", {"test_email": address}).status_int == 400
