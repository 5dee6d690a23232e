"""People of a directory sign in, asked of a real OpenLDAP."""

from __future__ import annotations

import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from kallithea.lib.errors import Unavailable
from kallithea.lib.sign_in.ldap import LdapSettings, LdapSource, escaped, first_value
from kallithea.lib.sign_in.options import read_options
from kallithea.lib.sign_in.sources import VerifiedPerson
from kallithea.model import UserGroup
from kallithea.services.actors import Member
from tests.ports import free_port
from tests.services.conftest import Ledger
from tests.sign_in.conftest import turn_on
from tests.sign_in.ldap_server import GROUPS, PASSWORD, PEOPLE, READER, READER_PASSWORD, LdapServer, certificate, running_slapd
from tests.sign_in.test_people_of_elsewhere import sign_in

# ldap3 tries all addresses of a name, and leaves the sockets of those that do not answer to be collected.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")


@pytest.fixture(scope="module", name="slapd")
def _slapd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LdapServer]:
    with running_slapd(tmp_path_factory.mktemp("slapd")) as server:
        yield server


def source(server: LdapServer, **more: str) -> LdapSource:
    return LdapSource(read_options(LdapSettings, server.settings(**more)))


def verify(server: LdapServer, name: str = "erna", password: str = PASSWORD, **more: str) -> VerifiedPerson | None:
    return source(server, **more).verify(name, password)


# --- who gets in


def test_a_person_of_the_directory_is_known_with_all_that_it_says(slapd: LdapServer) -> None:
    erna = verify(slapd)

    assert erna is not None
    assert replace(erna, subject="") == VerifiedPerson(
        "", "erna", "erna@example.com", "Erna Example", frozenset({f"cn=staff,{GROUPS}", "staff"})
    )
    assert len(erna.subject) == 36  # an entryUUID


@pytest.mark.parametrize("name", ["ERNA", " erna "])
def test_however_a_name_is_written_it_is_the_same_person(slapd: LdapServer, name: str) -> None:
    assert verify(slapd, name) == verify(slapd)


@pytest.mark.parametrize("password", ["wrong", PASSWORD.upper(), PASSWORD + " ", f"{PASSWORD} of otto"])
def test_a_wrong_password_opens_nothing(slapd: LdapServer, password: str) -> None:
    assert verify(slapd, password=password) is None


def test_an_unknown_name_and_one_without_a_password_open_nothing(slapd: LdapServer) -> None:
    assert verify(slapd, "nobody") is None
    assert verify(slapd, "nopassword") is None


def test_two_entries_of_one_name_are_nobody(slapd: LdapServer) -> None:
    assert verify(slapd, "twin") is None


def test_the_filter_says_who_may_come(slapd: LdapServer) -> None:
    staff = f"(memberOf=cn=staff,{GROUPS})"

    assert verify(slapd, filter=staff) is not None
    assert verify(slapd, "otto", f"{PASSWORD} of otto", filter=staff) is None


def test_who_is_elsewhere_in_the_directory_does_not_come(slapd: LdapServer) -> None:
    assert verify(slapd, base_dn=GROUPS) is None
    assert verify(slapd, base_dn=f"uid=erna,{PEOPLE}", search_scope="BASE") is not None
    assert verify(slapd, base_dn=PEOPLE, search_scope="LEVEL") is not None
    assert verify(slapd, base_dn="dc=example,dc=com", search_scope="LEVEL") is None


# --- attacks


@pytest.mark.parametrize(
    "name",
    [
        "*", "ern*", "erna)(uid=*", "*)(uid=*))(|(uid=*", "erna)(!(userPassword=x)", "erna\0", "erna)(|(uid=otto", "\\65rna",
        "(erna)", "erna,ou=people", "*)(objectClass=*",
    ],
)  # fmt: skip
def test_ldap_injection_in_the_name_is_only_an_unknown_name(slapd: LdapServer, name: str) -> None:
    assert verify(slapd, name) is None


def test_ldap_injection_has_nothing_to_be_made_of() -> None:
    everything = "".join(map(chr, range(1, 0x500)))

    assert set(escaped(everything)) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789\\")
    assert escaped("é*") == "\\c3\\a9\\2a"


def test_an_unauthenticated_bind_is_never_tried(slapd: LdapServer) -> None:
    before = slapd.log()

    assert verify(slapd, password="") is None

    assert slapd.log() == before


def test_an_unauthenticated_bind_opens_nothing_where_servers_let_it_pass(tmp_path: Path) -> None:
    with running_slapd(tmp_path / "slapd", more="allow bind_anon_dn") as server:
        # What it says yes to: RFC 4513, section 5.1.2.
        tried = ["ldapwhoami", "-x", "-H", f"ldap://127.0.0.1:{server.port}", "-D", f"uid=erna,{PEOPLE}", "-w", ""]
        assert subprocess.run(tried, capture_output=True, check=False).returncode == 0

        assert verify(server, password="") is None


@pytest.mark.parametrize("length", [1001, 1_000_000])
def test_a_huge_password_or_name_is_not_sent(slapd: LdapServer, length: int) -> None:
    before = slapd.log()

    assert verify(slapd, password="x" * length) is None
    assert verify(slapd, "x" * length) is None

    assert slapd.log() == before


def test_an_unknown_name_takes_as_many_steps_as_a_wrong_password(slapd: LdapServer) -> None:
    def steps(name: str) -> list[str]:
        before = len(slapd.log())
        verify(slapd, name, "wrong")
        time.sleep(0.2)  # it writes its log after it has answered
        lines = slapd.log()[before:].splitlines()
        return [word for line in lines for word in ("BIND dn", "SRCH base", "RESULT") if word in line]

    assert steps("nobody") == steps("erna") != []


# --- encryption


def test_start_tls_works(slapd: LdapServer) -> None:
    assert verify(slapd, tls_kind="START_TLS", host=f"localhost:{slapd.port}") is not None


def test_no_encryption_works_where_it_is_wanted(slapd: LdapServer) -> None:
    assert verify(slapd, tls_kind="PLAIN", host=f"127.0.0.1:{slapd.port}") is not None


@pytest.mark.parametrize("kind", ["LDAPS", "START_TLS"])
def test_a_certificate_that_nobody_vouches_for_is_refused(slapd: LdapServer, kind: str) -> None:
    port = slapd.tls_port if kind == "LDAPS" else slapd.port

    with pytest.raises(Unavailable):
        verify(slapd, tls_kind=kind, host=f"localhost:{port}", cacert_file="")


@pytest.mark.parametrize("kind", ["LDAPS", "START_TLS"])
def test_a_certificate_for_another_name_is_refused(slapd: LdapServer, kind: str) -> None:
    port = slapd.tls_port if kind == "LDAPS" else slapd.port

    with pytest.raises(Unavailable):
        verify(slapd, tls_kind=kind, host=f"127.0.0.1:{port}")


def test_a_server_without_encryption_gets_no_password(slapd: LdapServer, tmp_path_factory: pytest.TempPathFactory) -> None:
    certificate(other := tmp_path_factory.mktemp("other"), "localhost")
    before = slapd.log().count("BIND dn")

    with pytest.raises(Unavailable):
        verify(slapd, tls_kind="START_TLS", host=f"localhost:{slapd.port}", cacert_file=str(other / "certificate.pem"))

    assert slapd.log().count("BIND dn") == before


# --- what does not work


def test_the_next_server_is_asked_where_one_is_away(slapd: LdapServer) -> None:
    assert verify(slapd, host=f"localhost:{free_port()}, localhost:{slapd.tls_port}") is not None


def test_no_server_is_no_wrong_password(slapd: LdapServer) -> None:
    with pytest.raises(Unavailable, match="cannot be asked"):
        verify(slapd, host=f"localhost:{free_port()}")


def test_a_server_that_does_not_answer_is_not_waited_for_long(slapd: LdapServer) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        taken: list[socket.socket] = []
        thread = threading.Thread(target=lambda: taken.append(silent.accept()[0]), daemon=True)
        thread.start()
        begun = time.monotonic()

        with pytest.raises(Unavailable):
            verify(slapd, host=f"127.0.0.1:{silent.getsockname()[1]}", tls_kind="PLAIN", timeout="1")

        assert time.monotonic() - begun < 10
        thread.join(1)
        for one in taken:
            one.close()


@pytest.mark.parametrize(
    "wrong",
    [
        {"dn_pass": "wrong"},
        {"dn_pass": ""},
        {"dn_user": "", "dn_pass": ""},  # this directory lets nobody search who is nobody
        {"base_dn": "ou=nowhere,dc=example,dc=com"},
        {"base_dn": "no dn"},
        {"filter": "(&)("},
        {"cacert_file": "/no/such/file"},
        {"host": "a..b"},
        {"attr_id": "noSuchAttribute"},
    ],
    ids=str,
)
def test_settings_that_do_not_fit_are_no_wrong_password(slapd: LdapServer, wrong: dict[str, str]) -> None:
    settings = LdapSettings(**{**vars(read_options(LdapSettings, slapd.settings())), **wrong})

    with pytest.raises(Unavailable):
        LdapSource(settings).verify("erna", PASSWORD)


# --- groups


def test_groups_are_searched_for(slapd: LdapServer) -> None:
    erna = verify(slapd, attr_groups="", group_base=GROUPS)
    otto = verify(slapd, "otto", f"{PASSWORD} of otto", attr_groups="", group_base=GROUPS)

    assert erna is not None
    assert otto is not None
    assert erna.groups == {f"cn=staff,{GROUPS}", "staff", f"cn=unix,{GROUPS}", "unix"}
    assert "other, group" in (otto.groups or ())


def test_without_settings_for_groups_none_are_told(slapd: LdapServer) -> None:
    erna = verify(slapd, attr_groups="")

    assert erna is not None
    assert erna.groups is None


@pytest.mark.parametrize(("dn", "value"), [("cn=a b,ou=c", "a b"), ("no dn", ""), ("", ""), ("cn=a\\,b,ou=c", "a\\,b")])
def test_short_name_of_a_group(dn: str, value: str) -> None:
    assert first_value(dn) == value


# --- the whole way


def test_a_person_of_the_directory_gets_an_account_and_user_groups(ledger: Ledger, admin: Member, slapd: LdapServer) -> None:
    with ledger.app.session() as session, session.begin():
        session.add(UserGroup(name="crew", name_key="crew", owner_id=admin.id, created_at=ledger.clock()))
    turn_on(ledger, "ldap", slapd.settings())
    with ledger.app.system_scope() as scope:
        scope.synchronised_groups.follow("ldap", f"CN=Staff,{GROUPS}", "crew")

    erna = sign_in(ledger, "erna", PASSWORD)

    with ledger.app.session() as session:
        assert erna.groups == set(session.scalars(select(UserGroup.id).where(UserGroup.name == "crew")))


def test_an_administrator_signs_in_while_the_directory_is_away(ledger: Ledger, slapd: LdapServer) -> None:
    turn_on(ledger, "ldap", slapd.settings(host=f"localhost:{free_port()}"))
    admin = ledger.user("alice", administrator=True)

    assert sign_in(ledger, "alice", "correct-horse").id == admin.id
    with pytest.raises(Unavailable):
        sign_in(ledger, "erna", PASSWORD)


def test_the_account_that_searches_does_not_come_in(slapd: LdapServer) -> None:
    assert verify(slapd, READER, READER_PASSWORD) is None
    assert verify(slapd, "reader", READER_PASSWORD, base_dn="dc=example,dc=com", attr_login="cn") is None
