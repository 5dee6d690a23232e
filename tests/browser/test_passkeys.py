"""Passkeys in a real browser, with an authenticator that the browser has in software."""

from __future__ import annotations

import base64
import itertools
import json
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import CDPSession, Page, expect

from tests.browser.conftest import MakeVisitor
from tests.browser.house import House
from tests.browser.visitor import Visitor

SECURITY = "/_admin/my_account/security"
REFUSED = "This passkey was not accepted."
_numbers = itertools.count(1)


@dataclass
class Authenticator:
    """The one of a browser."""

    cdp: CDPSession
    id: str

    @property
    def keys(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.cdp.send("WebAuthn.getCredentials", {"authenticatorId": self.id})["credentials"]
        return found

    def carry(self, keys: list[dict[str, Any]]) -> None:
        """Have it know the keys of another browser, as keys that are synchronised do."""
        for key in keys:
            self.cdp.send("WebAuthn.addCredential", {"authenticatorId": self.id, "credential": key})

    def know_nobody(self) -> None:
        """From now on it cannot tell who holds it."""
        self.cdp.send("WebAuthn.setUserVerified", {"authenticatorId": self.id, "isUserVerified": False})


def authenticator(page: Page, *, resident: bool = True) -> Authenticator:
    cdp = page.context.new_cdp_session(page)
    cdp.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": resident,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    return Authenticator(cdp, cdp.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"])


@dataclass
class Owner:
    """Somebody with a passkey, in the browser in which they made it."""

    name: str
    visitor: Visitor
    device: Authenticator

    @property
    def page(self) -> Page:
        return self.visitor.page


@pytest.fixture(name="owner")
def _owner(house: House, visits: MakeVisitor) -> Owner:
    name = f"keyholder{next(_numbers)}"
    house.person(name)
    visitor = visits(as_user=name)
    device = authenticator(visitor.page)
    page = visitor.go(f"{SECURITY}/passkey")
    page.get_by_label("Name").fill("My laptop")
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    return Owner(name, visitor, device)


def _elsewhere(owner: Owner, visits: MakeVisitor) -> tuple[Visitor, Authenticator]:
    """A browser in which nobody is signed in, with the owner's keys."""
    visitor = visits()
    device = authenticator(visitor.page)
    device.carry(owner.device.keys)
    return visitor, device


def _first_step(visitor: Visitor, owner: Owner) -> Page:
    page = visitor.go("/_admin/login")
    visitor.sign_in(owner.name)
    expect(page.get_by_role("heading", name="One more step")).to_be_visible()
    return page


def _is_signed_in(visitor: Visitor) -> bool:
    return visitor.page.request.get(f"{visitor.house.url}/_admin/my_account", max_redirects=0).status == 200


def test_passkey_is_made_and_listed_with_its_name(owner: Owner) -> None:
    assert owner.page.locator(".codes li").count() == 10
    page = owner.visitor.go(SECURITY)

    expect(page.get_by_role("row", name="My laptop")).to_contain_text("never")
    assert len(owner.device.keys) == 1
    assert owner.device.keys[0]["rpId"] == "localhost"


def test_passkey_signs_in_without_a_password(owner: Owner, visits: MakeVisitor) -> None:
    visitor, _ = _elsewhere(owner, visits)

    visitor.go("/_admin/login?came_from=/web").get_by_role("button", name="Sign in with a passkey").click()

    expect(visitor.page.get_by_role("link", name=owner.name)).to_be_visible()
    assert visitor.path == "/web"


@pytest.mark.parametrize("stays", [False, True])
def test_a_tick_keeps_who_came_with_a_passkey_signed_in(owner: Owner, visits: MakeVisitor, stays: bool) -> None:
    visitor, _ = _elsewhere(owner, visits)
    page = visitor.go("/_admin/login")
    page.get_by_label("Stay signed in on this device").set_checked(stays)

    page.get_by_role("button", name="Sign in with a passkey").click()

    expect(page.get_by_role("link", name=owner.name)).to_be_visible()
    (session,) = (cookie for cookie in page.context.cookies() if cookie["name"] == "kallithea")
    assert (session["expires"] > 0) == stays


def test_passkey_is_the_second_factor_behind_a_password(owner: Owner, visits: MakeVisitor) -> None:
    visitor, _ = _elsewhere(owner, visits)
    page = _first_step(visitor, owner)
    assert not _is_signed_in(visitor)

    page.get_by_role("button", name="Use a passkey").click()

    expect(page.get_by_role("link", name=owner.name)).to_be_visible()


def test_recovery_code_stands_in_for_a_lost_passkey(owner: Owner, visits: MakeVisitor) -> None:
    code = owner.page.locator(".codes li").first.inner_text()
    visitor = visits()
    page = _first_step(visitor, owner)

    page.get_by_label("Recovery code").fill(code)
    page.get_by_role("button", name="Continue").click()

    expect(page.get_by_role("link", name=owner.name)).to_be_visible()


def test_passkey_of_a_device_that_knows_nobody_is_no_first_factor(owner: Owner, visits: MakeVisitor) -> None:
    visitor, device = _elsewhere(owner, visits)
    device.know_nobody()
    page = visitor.go("/_admin/login")

    page.get_by_role("button", name="Sign in with a passkey").click()

    expect(page.locator("[data-passkey-note]")).to_have_text("No passkey was used.")
    assert not _is_signed_in(visitor)


def test_passkey_confirms_who_one_is(house: House, owner: Owner) -> None:
    page = owner.visitor.go(f"{SECURITY}/app")
    assert owner.visitor.path == f"{SECURITY}/confirm"

    page.get_by_role("button", name="Use a passkey").click()

    expect(page.get_by_role("heading", name="1. Scan this with the app")).to_be_visible()


def test_removed_passkey_opens_nothing(owner: Owner, visits: MakeVisitor) -> None:
    visitor, _ = _elsewhere(owner, visits)
    page = owner.visitor.go(SECURITY)
    page.get_by_role("button", name="Remove My laptop").click()
    page.get_by_label("Password").fill("correct horse")
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Remove My laptop").click()
    expect(page.get_by_text("My laptop")).to_have_count(0)

    page = visitor.go("/_admin/login")
    page.get_by_role("button", name="Sign in with a passkey").click()

    expect(page.get_by_role("alert")).to_have_text(REFUSED)
    assert not _is_signed_in(visitor)


def test_replayed_assertion_is_refused(owner: Owner, visits: MakeVisitor) -> None:
    visitor, _ = _elsewhere(owner, visits)
    sent: list[str] = []
    visitor.page.on("request", lambda request: sent.append(request.post_data or "") if request.method == "POST" else None)
    page = visitor.go("/_admin/login")
    with page.expect_navigation():
        page.get_by_role("button", name="Sign in with a passkey").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("link", name="Sign in")).to_be_visible()

    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    again = page.request.post(f"{visitor.house.url}/_admin/login/passkey", data=sent[0], headers=headers, max_redirects=0)

    assert again.status == 401
    assert REFUSED in again.text()


def test_passkey_asked_for_by_another_origin_is_refused(owner: Owner, visits: MakeVisitor) -> None:
    """The browser itself refuses another host; at another port of the same host it does not, and then the server does."""
    visitor, _ = _elsewhere(owner, visits)
    page = visitor.go("/_admin/login")
    options = page.locator("form[data-passkey]").get_attribute("data-options") or ""
    other = visitor.house.url.rpartition(":")[0] + ":1"
    thief = page.context.new_page()
    thief.route(f"{other}/**", lambda route: route.fulfill(body="<p>Win a prize</p>", content_type="text/html"))
    device = authenticator(thief)
    device.carry(owner.device.keys)
    thief.goto(f"{other}/")
    answer = thief.evaluate(_ASK, options)
    fields = page.locator("form[data-passkey]").evaluate("form => Object.fromEntries(new FormData(form))")

    told = page.request.post(
        f"{visitor.house.url}/_admin/login/passkey", form={**fields, "credential": answer}, max_redirects=0
    )

    assert other in _client_data(answer)["origin"]
    assert told.status == 401
    assert REFUSED in told.text()


def test_without_scripts_the_page_says_what_passkeys_need(visits: MakeVisitor) -> None:
    page = visits(scripts=False).go("/_admin/login")

    expect(page.locator("[data-passkey-note]")).to_contain_text("need JavaScript")
    expect(page.get_by_role("button", name="Sign in with a passkey")).to_be_hidden()


# What the page's own script does, in the page of a thief.
_ASK = """async (text) => {
  const options = JSON.parse(text);
  const key = await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) });
  return JSON.stringify(key.toJSON());
}"""


def _client_data(answer: str) -> dict[str, Any]:
    text = json.loads(answer)["response"]["clientDataJSON"]
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    return found
