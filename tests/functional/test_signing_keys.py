"""People look after the keys and certificates with which they sign commits."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from webtest import TestResponse

from kallithea.services import signing_keys
from tests.functional.forms import form_to, form_with
from tests.functional.test_openpgp_signatures import address, user_id
from tests.functional.test_x509_signatures import certificate, openssl
from tests.gpg_home import GpgHome
from tests.worlds import Browser, Person, World

OWN = "/_admin/my_account/signing_keys"


@pytest.fixture(name="home", scope="module")
def _home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GpgHome]:
    home = GpgHome(tmp_path_factory.mktemp("g"))
    yield home
    home.close()


@pytest.fixture(name="ann")
def _ann(world: World) -> Person:
    return world.person()


@pytest.fixture(name="browser")
def _browser(world: World, ann: Person) -> Browser:
    return world.browser(ann)


@pytest.fixture(name="key")
def _key(home: GpgHome, ann: Person) -> str:
    return home.make(user_id(ann))


def add(browser: Browser, text: str, description: str = "") -> TestResponse:
    form = form_with(browser.get(OWN, status=200), "public_key")
    form["public_key"], form["description"] = text, description
    return form.submit(status="*")


def fingerprints(browser: Browser) -> list[str]:
    return [
        str(field["value"]) for field in browser.get(OWN, status=200).html.select('input[name="del_public_key_fingerprint"]')
    ]


def test_a_key_is_added_shown_and_removed(browser: Browser, home: GpgHome, key: str, ann: Person) -> None:
    assert add(browser, home.public(key)).status_int == 303

    page = browser.get(OWN)
    assert fingerprints(browser) == [key]
    assert f"Signs for {address(ann)}" in page.text
    form_to(page, f"{OWN}/delete").submit(status=303)
    assert fingerprints(browser) == []


def test_a_certificate_is_added_and_called_as_its_owner_likes(browser: Browser, ann: Person, tmp_path: Path) -> None:
    assert add(browser, certificate(tmp_path, "ann", address(ann)), "work \u202e card").status_int == 303

    assert "work card" in browser.get(OWN).text
    assert "ECDSA, 256 bits" in browser.get(OWN).text


def test_the_same_key_again_is_brought_up_to_date(browser: Browser, home: GpgHome, key: str) -> None:
    add(browser, home.public(key))
    home.gpg("--quick-set-expire", key, "1y")

    assert add(browser, home.public(key)).status_int == 303

    assert fingerprints(browser) == [key]
    assert ">never<" not in browser.get(OWN).text


def test_what_others_signed_of_a_key_is_not_kept(world: World, browser: Browser, home: GpgHome, key: str, ann: Person) -> None:
    other = home.make("Other <other@example.com>")
    home.gpg("--local-user", other, "--quick-sign-key", key)

    add(browser, home.public(key))

    with world.app.system_scope() as scope:
        (row,) = scope._session.query(signing_keys.SigningKey).filter_by(user_id=ann.id)
    assert other[-16:] not in row.content
    assert len(row.content) < len(home.public(key))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("hello", "neither a public key"),
        ("-----BEGIN PGP PRIVATE KEY BLOCK-----\nc2VjcmV0\n", "private key"),
        ("-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nAAAA\n-----END PGP PUBLIC KEY BLOCK-----", "no public key"),
        ("-----BEGIN PGP PUBLIC KEY BLOCK-----\n" * 2, "One key at a time"),
        ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", "damaged"),
        ("-----BEGIN CERTIFICATE-----\né\n-----END CERTIFICATE-----", "characters"),
        ("-----BEGIN PGP PUBLIC KEY BLOCK-----\n" + "A" * 300_000, "too long"),
    ],
)
def test_what_is_no_key_is_refused_with_a_reason(browser: Browser, text: str, words: str) -> None:
    answer = add(browser, text)

    assert answer.status_int == 400
    assert words in answer.text
    assert "c2VjcmV0" not in answer.text
    assert fingerprints(browser) == []


def test_a_key_in_the_name_of_somebody_else_is_refused(browser: Browser, home: GpgHome, tmp_path: Path) -> None:
    for text in (home.public(home.make("Bob <bob@example.com>")), certificate(tmp_path, "bob", "bob@example.com")):
        assert "names no e-mail address of your account" in add(browser, text).text
    assert fingerprints(browser) == []


def test_an_address_that_the_key_does_not_vouch_for_does_not_count(browser: Browser, home: GpgHome, ann: Person) -> None:
    bob = home.make("Bob <bob@example.com>")
    home.gpg("--quick-add-uid", bob, user_id(ann))
    home.gpg("--quick-revoke-uid", bob, user_id(ann))

    assert "names no e-mail address of your account" in add(browser, home.public(bob)).text


def test_keys_that_cannot_sign_are_refused(browser: Browser, home: GpgHome, ann: Person) -> None:
    revoked, only_certifies = home.make(user_id(ann)), home.make(f"C {user_id(ann)}", usage="cert")
    home.revoke(revoked)

    assert "was revoked" in add(browser, home.public(revoked)).text
    assert "not for signing" in add(browser, home.public(only_certifies)).text


def test_an_expired_key_is_refused(browser: Browser, home: GpgHome, ann: Person) -> None:
    old = home.make(user_id(ann), "--faked-system-time", "20200101T000000!", expires="1y")

    assert "has expired" in add(browser, home.public(old)).text


def test_a_weak_key_is_refused(browser: Browser, home: GpgHome, ann: Person, tmp_path: Path) -> None:
    weak = home.make(user_id(ann), algorithm="rsa1024")
    openssl("genrsa", "-out", "weak.key", "1024", folder=tmp_path)
    subject = ("-subj", "/CN=Somebody", "-addext", f"subjectAltName=email:{address(ann)}")
    made = openssl("req", "-x509", "-key", "weak.key", *subject, "-days", "30", folder=tmp_path).decode()

    for text in (home.public(weak), made):
        assert "too weak" in add(browser, text).text


def test_two_keys_in_one_armour_are_refused(browser: Browser, home: GpgHome, key: str, ann: Person) -> None:
    other = home.make(f"Two {user_id(ann)}")

    assert "One key at a time" in add(browser, home.gpg("--armor", "--export", key, other).decode()).text


def test_a_huge_key_is_refused(browser: Browser, home: GpgHome, key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kallithea.lib.signing.keys.LONGEST_KEPT", 100)

    assert "bytes" in add(browser, home.public(key)).text


def test_nobody_removes_the_key_of_somebody_else(world: World, browser: Browser, home: GpgHome, key: str) -> None:
    add(browser, home.public(key))

    answer = world.browser(world.person()).post(f"{OWN}/delete", {"del_public_key_fingerprint": key})

    assert answer.status_int == 404
    assert fingerprints(browser) == [key]


def test_there_is_an_end_to_the_keys_of_one_person(
    browser: Browser, home: GpgHome, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signing_keys, "MOST_KEYS", 0)

    assert "already" in add(browser, home.public(key)).text


def test_without_gpg_it_is_said_that_no_key_can_be_read(
    browser: Browser, home: GpgHome, key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = home.public(key)
    monkeypatch.setenv("PATH", str(tmp_path))

    answer = add(browser, text)

    assert answer.status_int == 503
    assert "no gpg on this server" in answer.text
