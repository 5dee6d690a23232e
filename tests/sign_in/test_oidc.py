"""People sign in at another site: with a certified provider of OpenID Connect, and what attackers make of it."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qs, quote, urlencode, urljoin, urlsplit

import pytest
from sqlalchemy import select
from webtest import TestResponse

from kallithea.controllers.departures import Away, packed
from kallithea.lib.errors import Unavailable
from kallithea.lib.sign_in.oidc import OidcSettings, OidcSource
from kallithea.lib.sign_in.options import read_options
from kallithea.model import User, UserGroup, UserGroupMember, UserSession
from tests.doors.test_signing_in import LEAVING
from tests.ports import free_port
from tests.sign_in.conftest import turn_off, turn_on
from tests.sign_in.provider import CLIENT, Provider, running_provider
from tests.worlds import Browser, World

WITH, BACK = "/_admin/login/with/oidc", "/_admin/login/back/oidc"
AWAY = "kallithea_away"


@pytest.fixture(scope="module", name="provider")
def _provider() -> Iterator[Provider]:
    with running_provider() as provider:
        yield provider


@pytest.fixture(name="house")
def _house(world: World, provider: Provider) -> Iterator[World]:
    """A world where one signs in at the provider."""
    turn_on(world, "oidc", provider.settings())
    yield world
    turn_off(world, "oidc")


def _leave(browser: Browser, came_from: str = "") -> str:
    """Press the button: where the browser is sent."""
    answer = browser.get(WITH + (f"?came_from={quote(came_from)}" if came_from else ""), status=303)
    return str(answer.headers["Location"])


def _there_and_back(browser: Browser, provider: Provider, login: str = "1", *, came_from: str = "") -> TestResponse:
    """Sign in at the provider, and open the address that it sends the browser back to."""
    return browser.get(_path(provider.answers(_leave(browser, came_from), login)))


def _path(url: str) -> str:
    parts = urlsplit(url)
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == f"http://localhost{BACK}"
    return f"{parts.path}?{parts.query}"


def _account(world: World, name: str) -> User:
    with world.app.session() as session:
        return session.scalars(select(User).where(User.name == name)).one()


# --- the way there and back


def test_sign_in_page_has_a_button_for_the_other_site(house: World) -> None:
    page = house.browser().get("/_admin/login?came_from=/a", status=200)

    link = page.html.find("a", string="Sign in with the house next door")
    assert link["href"] == f"{WITH}?came_from=%2Fa"


def test_page_that_may_not_be_seen_has_the_button_too(house: World) -> None:
    page = house.browser().get("/nothing/here", status=404)

    assert page.html.find("a", string="Sign in with the house next door")["href"] == f"{WITH}?came_from=%2Fnothing%2Fhere"


def test_somebody_of_the_other_site_is_signed_in(house: World, provider: Provider) -> None:
    browser = house.browser()

    answer = _there_and_back(browser, provider, came_from="/somewhere?page=2")

    assert (answer.status_int, answer.headers["Location"]) == (303, "http://localhost/somewhere?page=2")
    assert browser.is_signed_in
    frida = _account(house, provider.frida)
    assert (frida.email, frida.password_hash, frida.is_administrator) == (f"{provider.frida}@example.com", "", False)


def test_the_same_person_gets_the_same_account_again(house: World, provider: Provider) -> None:
    _there_and_back(house.browser(), provider)
    browser = house.browser()

    assert _there_and_back(browser, provider).status_int == 303
    assert provider.frida in browser.get("/_admin/my_account").text


def test_user_groups_follow_the_claim(house: World, provider: Provider) -> None:
    name = f"makers{house.number}"
    with house.app.session() as session, session.begin():
        row = UserGroup(name=name, name_key=name, owner_id=house.administrator.id, created_at=house.clock())
        session.add(row)
        session.flush()
        number = row.id
    with house.app.system_scope() as scope:
        scope.synchronised_groups.follow("oidc", "makers", name)

    _there_and_back(house.browser(), provider)

    with house.app.session() as session:
        members = session.scalars(select(UserGroupMember.user_id).where(UserGroupMember.user_group_id == number)).all()
    assert members == [_account(house, provider.frida).id]


def test_a_public_client_needs_no_secret(world: World) -> None:
    with running_provider(secret="") as provider:
        turn_on(world, "oidc", provider.settings())
        with world.app.system_scope() as scope:
            scope.sign_in_sources.save("oidc", provider.settings(), cleared=["client_secret"])
        try:
            assert _there_and_back(world.browser(), provider, "4").status_int == 403  # no name
            assert _there_and_back(world.browser(), provider, "2").status_int == 303
        finally:
            turn_off(world, "oidc")


def test_what_is_asked_for_is_bound_to_this_browser(house: World, provider: Provider) -> None:
    asked = [parse_qs(urlsplit(_leave(house.browser())).query) for _ in range(2)]

    for query in asked:
        assert query["response_type"] == ["code"]
        assert query["client_id"] == [CLIENT]
        assert query["code_challenge_method"] == ["S256"]
        assert len(query["state"][0]) == len(query["nonce"][0]) == len(query["code_challenge"][0]) == 43
    assert all(asked[0][name] != asked[1][name] for name in ("state", "nonce", "code_challenge"))


def test_who_says_no_there_is_told_so(house: World, provider: Provider) -> None:
    browser = house.browser()

    answer = _there_and_back(browser, provider, login="")

    assert answer.status_int == 403
    assert "did not let you in" in answer.text
    assert "<b>" not in answer.text
    assert not browser.is_signed_in


# --- signing out


def test_who_signed_in_there_is_offered_to_sign_out_there(house: World, provider: Provider) -> None:
    browser = house.browser()
    _there_and_back(browser, provider)

    page = browser.post("/_admin/logout", status=303).follow()
    link = page.html.find("a", string="Sign out of the house next door")["href"]
    there = browser.get(link, status=303).headers["Location"]

    assert not browser.is_signed_in
    assert there.startswith(f"{provider.issuer}/session/end?")
    assert parse_qs(urlsplit(there).query) == {"client_id": [CLIENT], "post_logout_redirect_uri": ["http://localhost/"]}


def test_who_signed_in_here_is_not(house: World) -> None:
    browser = house.browser(house.person())

    assert browser.post("/_admin/logout").headers["Location"] == "http://localhost/"


# --- attacks


def test_replayed_answer_signs_nobody_in(house: World, provider: Provider) -> None:
    browser, thief = house.browser(), house.browser()
    url = _path(provider.answers(_leave(browser), "1"))
    kept = browser.cookie(AWAY)
    browser.get(url, status=303)

    assert thief.get(url).status_int == 400
    # Even with the cookie of the first browser: the provider takes each code once.
    thief.app.set_cookie(AWAY, kept or "")
    assert thief.get(url).status_int == 403
    assert not thief.is_signed_in


def test_wrong_state_signs_nobody_in(house: World, provider: Provider) -> None:
    for state in ("", "x", "0" * 43, None):
        browser = house.browser()
        query = {name: values[0] for name, values in parse_qs(urlsplit(provider.answers(_leave(browser), "1")).query).items()}
        changed = {name: value for name, value in {**query, "state": state}.items() if value is not None}

        assert browser.get(f"{BACK}?{urlencode(changed)}").status_int == 403
        assert not browser.is_signed_in


@pytest.mark.parametrize("field", ["state", "code", "iss"])
def test_oversized_answer_signs_nobody_in(house: World, provider: Provider, field: str) -> None:
    browser = house.browser()
    query = {name: values[0] for name, values in parse_qs(urlsplit(provider.answers(_leave(browser), "1")).query).items()}

    answer = browser.get(f"{BACK}?{urlencode({**query, field: 'x' * 50_000})}")

    assert answer.status_int in (400, 403)
    assert not browser.is_signed_in


def test_login_csrf_signs_nobody_in(house: World, provider: Provider) -> None:
    """The attacker signs in as themselves, and has the victim open the last address."""
    attacker, victim = house.browser(), house.browser()
    url = _path(provider.answers(_leave(attacker), "1"))

    assert victim.get(url).status_int == 400
    assert not victim.is_signed_in
    _leave(victim)
    assert victim.get(url).status_int == 403
    assert not victim.is_signed_in


def test_code_of_another_browser_is_refused(house: World, provider: Provider) -> None:
    """A stolen code with a state of one's own: PKCE binds the code to the browser that asked for it."""
    victim, thief = house.browser(), house.browser()
    stolen = parse_qs(urlsplit(provider.answers(_leave(victim), "1")).query)["code"][0]
    own_state = parse_qs(urlsplit(_leave(thief)).query)["state"][0]

    answer = thief.get(f"{BACK}?{urlencode({'code': stolen, 'state': own_state})}")

    assert answer.status_int == 403
    assert not thief.is_signed_in


def test_wrong_nonce_signs_nobody_in(house: World, provider: Provider) -> None:
    browser = house.browser()
    url = _leave(browser)
    asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    parts = urlsplit(url)
    changed = f"{parts.scheme}://{parts.netloc}{parts.path}?{urlencode({**asked, 'nonce': 'one of the attacker'})}"

    answer = browser.get(_path(provider.answers(changed, "1")))

    assert answer.status_int == 403
    assert "cannot be believed" in answer.text
    assert not browser.is_signed_in


def test_answer_of_another_issuer_is_refused(house: World, provider: Provider) -> None:
    browser = house.browser()
    url = _path(provider.answers(_leave(browser), "1"))
    query = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    assert query["iss"] == provider.issuer

    assert browser.get(f"{BACK}?{urlencode({**query, 'iss': 'https://evil.example'})}").status_int == 403
    assert not browser.is_signed_in


@pytest.mark.parametrize("cookie", ["", "x", "x.y", "W10=.0", "." + "0" * 64])
def test_forged_departure_is_refused(house: World, cookie: str) -> None:
    browser = house.browser()
    browser.app.set_cookie(AWAY, cookie)

    assert browser.get(f"{BACK}?code=x&state=x").status_int == 400


@pytest.mark.parametrize(("source", "seconds"), [("oidc", -601), ("other", 0)])
def test_departure_that_is_too_old_or_to_elsewhere_is_refused(house: World, source: str, seconds: int) -> None:
    import time

    browser = house.browser()
    away = Away(source, "", {"state": "x", "nonce": "x", "verifier": "x"})
    browser.app.set_cookie(AWAY, packed(house.app.settings.session_secret, away, now=time.time() + seconds))

    assert browser.get(f"{BACK}?code=x&state=x").status_int == 400


def test_cookie_of_the_departure_is_out_of_reach_and_gone_after_the_return(house: World, provider: Provider) -> None:
    browser = house.browser(https=True)
    line = browser.get(WITH, status=303).headers["Set-Cookie"]
    assert {part.strip().lower() for part in line.split(";")[1:]} >= {"httponly", "samesite=lax", "secure", "max-age=600"}

    plain = house.browser()
    _there_and_back(plain, provider)
    assert plain.cookie(AWAY) is None


def test_session_fixation_is_not_possible(house: World, provider: Provider) -> None:
    browser = house.browser()
    planted = house.session_token(house.person())
    url = _path(provider.answers(_leave(browser), "1"))
    browser.app.set_cookie("kallithea", planted)

    answer = browser.get(url, status=303)

    given = [line.partition(";")[0] for line in answer.headers.getall("Set-Cookie")]
    assert any(pair.startswith("kallithea=") for pair in given)
    assert f"kallithea={planted}" not in given
    with house.app.session() as session:
        assert session.scalars(select(UserSession.source).order_by(UserSession.id.desc())).first() == "oidc"
    other = house.browser()
    other.app.set_cookie("kallithea", planted)
    assert not other.is_signed_in


@pytest.mark.parametrize("came_from", LEAVING, ids=ascii)
def test_open_redirect_in_came_from_is_refused(house: World, provider: Provider, came_from: str) -> None:
    browser = house.browser()
    answer = browser.get(f"{WITH}?came_from={quote(came_from)}")
    if answer.status_int == 400:
        return

    back = browser.get(_path(provider.answers(answer.headers["Location"], "1")), status=303)

    assert urlsplit(urljoin("http://localhost/", back.headers["Location"])).netloc == "localhost"


def test_account_takeover_by_an_address_that_nobody_verified_is_refused(house: World, provider: Provider) -> None:
    with house.app.system_scope() as scope:
        scope.accounts.get(house.person(f"victim{house.number}").id).email = "another@example.com"
    browser = house.browser()

    _there_and_back(browser, provider, "2")

    assert _account(house, provider.greta).email == f"{provider.greta}@oidc.invalid"


def test_account_takeover_by_a_name_is_refused(house: World, provider: Provider) -> None:
    browser = house.browser()

    answer = _there_and_back(browser, provider, "3")

    assert answer.status_int == 403
    assert "nothing says that it is yours" in answer.text
    assert not browser.is_signed_in


def test_nobody_is_sent_away_when_the_source_is_off(world: World) -> None:
    assert world.browser().get(WITH, status=303).headers["Location"] == "http://localhost/_admin/login"
    assert world.browser().get(f"{BACK}?code=x&state=x").status_int == 400


def test_a_departure_does_not_outlive_its_source(house: World, provider: Provider) -> None:
    browser = house.browser()
    url = _path(provider.answers(_leave(browser), "1"))
    turn_off(house, "oidc")

    answer = browser.get(url)

    assert answer.status_int == 404
    assert not browser.is_signed_in


# --- what does not work


def test_a_provider_that_is_away_is_said_to_be(world: World, provider: Provider) -> None:
    turn_on(world, "oidc", provider.settings(issuer=f"http://127.0.0.1:{free_port()}"))
    try:
        answer = world.browser().get(WITH)
    finally:
        turn_off(world, "oidc")

    assert answer.status_int == 503
    assert "cannot be asked" in answer.text


def test_a_provider_that_calls_itself_otherwise_is_not_used(provider: Provider) -> None:
    settings = read_options(OidcSettings, provider.settings(issuer=provider.issuer.replace("127.0.0.1", "localhost")))

    with pytest.raises(Unavailable):
        OidcSource(settings).begin("http://localhost/back")


def test_a_wrong_client_secret_is_no_fault_of_the_visitor(world: World, provider: Provider) -> None:
    turn_on(world, "oidc", provider.settings(client_secret="wrong"))
    try:
        assert _there_and_back(world.browser(), provider).status_int == 503
    finally:
        turn_off(world, "oidc")
