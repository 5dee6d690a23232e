"""Sources declare their settings; what is typed is checked, secrets stay unseen, and what is broken keeps nobody out."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import select

from kallithea.lib.errors import Conflict, Invalid, NotFound
from kallithea.lib.sign_in.options import options_of, read_options
from kallithea.lib.sign_in.registry import source_class, source_names
from kallithea.model import AuditEntry, Setting
from tests.services.conftest import Ledger
from tests.sign_in.conftest import turn_on
from tests.sign_in.plugin import Book, BookSettings, BookSource, installed

OURS = ("ldap", "header", "oidc", "pam")
LIBRARIES = ("ldap3", "joserfc", "pam", "cryptography")


def test_every_source_says_what_its_settings_are_for() -> None:
    for name in OURS:
        kind = source_class(name)
        assert kind is not None
        assert kind.name == name
        assert kind.about.endswith(".")
        for one in options_of(kind.settings):
            assert one.title
            assert not one.help or one.help.endswith(".")
            assert len(f"auth_{name}_{one.name}") <= 100


def test_the_core_imports_no_library_of_a_source() -> None:
    code = "import sys, kallithea.config.application, kallithea.lib.sign_in.registry as r\n"
    code += "[r.source_class(name) for name in r.source_names()]\nprint(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()

    assert "kallithea.lib.sign_in.ldap" in loaded
    assert not set(LIBRARIES) & set(loaded)


def test_a_plug_in_of_another_package_is_found(book: Book) -> None:
    assert source_class("book") is BookSource
    assert source_names() == (*OURS, "book")


def test_a_plug_in_takes_no_name_of_ours(book: Book) -> None:
    found = source_class("ldap")

    assert found is not None
    assert found.__module__ == "kallithea.lib.sign_in.ldap"


@pytest.mark.parametrize("place", ["no.such.module:Source", "json:dumps", "json:nothing", "tests.sign_in.plugin:BOOK"])
def test_a_plug_in_that_is_none_keeps_nobody_out(tmp_path: Path, ledger: Ledger, place: str) -> None:
    with pytest.MonkeyPatch.context() as patch, installed(tmp_path, patch, place):
        with ledger.app.session() as session, session.begin():
            session.add(Setting(name="auth_plugins", value="internal,book,gone, ,ldap"))

        assert ledger.scope_of(ledger.user("alice")).__enter__().member.name == "alice"
        with ledger.app.system_scope() as scope:
            assert scope.sign_in_sources.turned_on() == []


def test_a_source_without_what_it_needs_is_not_turned_on(ledger: Ledger, book: Book) -> None:
    with pytest.raises(Invalid), ledger.app.system_scope() as scope:
        scope.sign_in_sources.turn_on("book")


def test_a_source_that_is_not_installed_is_not_turned_on(ledger: Ledger, book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(BookSource, "modules", ("no_such_module",))

    with pytest.raises(Conflict) as refused:
        turn_on(ledger, "book", {"shelf": "1", "new_people": "create"})

    assert "no_such_module" in (refused.value.hint or "")


def test_a_source_that_does_not_exist_has_no_settings(ledger: Ledger) -> None:
    with pytest.raises(NotFound), ledger.app.system_scope() as scope:
        scope.sign_in_sources.save("nothing", {})


def test_the_order_is_as_administrators_want_it(ledger: Ledger, book: Book) -> None:
    turn_on(ledger, "book", {"shelf": "1", "new_people": "create"})
    turn_on(ledger, "header", {"new_people": "create"})
    with ledger.app.system_scope() as scope:
        assert scope.sign_in_sources.order() == ("book", "header")
        scope.sign_in_sources.move_up("header")
        scope.sign_in_sources.move_up("header")

    with ledger.app.system_scope() as scope:
        assert [one.name for one in scope.sign_in_sources.turned_on()] == ["header", "book"]
    with ledger.app.session() as session:
        assert session.scalars(select(Setting.value).where(Setting.name == "auth_plugins")).one() == "internal,header,book"


def test_a_secret_stays_when_nothing_is_typed_and_goes_when_told(ledger: Ledger, book: Book) -> None:
    form = {"shelf": "1", "new_people": "create"}
    with ledger.app.system_scope() as scope:
        scope.sign_in_sources.save("book", {**form, "key": "sesame"})
    with ledger.app.system_scope() as scope:
        assert scope.sign_in_sources.save("book", {**form, "key": ""}) == []
        assert scope.sign_in_sources.values("book")["key"] == "sesame"
    with ledger.app.system_scope() as scope:
        assert scope.sign_in_sources.save("book", form, cleared=["key"]) == ["key"]

    with ledger.app.system_scope() as scope:
        assert scope.sign_in_sources.values("book")["key"] == ""


def test_no_secret_is_written_down(ledger: Ledger, book: Book) -> None:
    turn_on(ledger, "book", {"shelf": "1", "new_people": "create", "key": "sesame"})

    with ledger.app.session() as session:
        deeds = session.scalars(select(AuditEntry).where(AuditEntry.target_kind == "sign_in")).all()
    assert {deed.action for deed in deeds} == {"sign_in.settings", "sign_in.order"}
    assert not any("sesame" in f"{deed.before}{deed.after}" for deed in deeds)
    assert "sesame" not in repr(BookSettings(key="sesame"))


@pytest.mark.parametrize(
    ("name", "given", "field"),
    [
        ("ldap", {"host": "ldap://example.com"}, "host"),
        ("ldap", {"host": "example.com:99999"}, "host"),
        ("ldap", {"tls_kind": "NEVER"}, "tls_kind"),
        ("ldap", {"filter": "(a=b)(c=d)"}, "filter"),
        ("ldap", {"filter": "(a=b))((c=d)"}, "filter"),
        ("ldap", {"group_filter": "(member=x)"}, "group_filter"),
        ("ldap", {"attr_login": "uid)(x"}, "attr_login"),
        ("ldap", {"timeout": "1_0"}, "timeout"),
        ("ldap", {"timeout": "0"}, "timeout"),
        ("ldap", {"base_dn": "dc=a\ndc=b"}, "base_dn"),
        ("ldap", {"base_dn": "x" * 2001}, "base_dn"),
        ("ldap", {"new_people": "yes"}, "new_people"),
        ("oidc", {"issuer": "http://id.example.com"}, "issuer"),
        ("oidc", {"issuer": "https://user@id.example.com"}, "issuer"),
        ("oidc", {"issuer": "file:///etc/passwd"}, "issuer"),
        ("oidc", {"issuer": "https://id.example.com/?x"}, "issuer"),
        ("oidc", {"scopes": "profile"}, "scopes"),
        ("pam", {"service": "../login"}, "service"),
        ("header", {"email_header": "X Header"}, "email_header"),
        ("header", {"clean_username": "perhaps"}, "clean_username"),
    ],
)
def test_what_cannot_be_used_is_refused_by_field(name: str, given: dict[str, str], field: str) -> None:
    kind = source_class(name)
    assert kind is not None
    whole = {"host": "a", "base_dn": "dc=a", "issuer": "https://a.example", "client_id": "a"}

    with pytest.raises(Invalid) as refused:
        read_options(kind.settings, {**whole, **given})

    assert set(refused.value.fields) == {field}
