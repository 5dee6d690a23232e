"""People of this machine sign in, asked of its real PAM with services of the tests' own."""

from __future__ import annotations

import grp
import os
import pwd
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from kallithea.lib.errors import Unavailable
from kallithea.lib.sign_in.pam import PamSettings, PamSource
from kallithea.lib.sign_in.sources import VerifiedPerson
from tests.services.conftest import Ledger
from tests.sign_in.conftest import turn_on
from tests.sign_in.test_people_of_elsewhere import sign_in

SERVICES = Path("/etc/pam.d")
PASSWORD = "a word of the machine"
# As pam_exec(8) has it: the name is in the environment, the password comes on standard input and ends with a NUL.
CHECK = """#!/bin/sh
word=$(tr -d '\\000')
[ "$PAM_USER:$word" = "{name}:{password}" ]
"""

# As Debian's common-auth has it: what pam_exec says no to ends at pam_deny, and is a wrong password rather than a failure.
KNOWS_ONE = """
auth [success=1 default=ignore] pam_exec.so expose_authtok quiet {script}
auth requisite pam_deny.so
auth required pam_permit.so
account required pam_permit.so
"""

Service = Callable[[str], str]


@pytest.fixture(name="service")
def _service() -> Iterator[Service]:
    """Makes a service of PAM from its lines, and takes it away again."""
    made = []

    def make(text: str) -> str:
        path = SERVICES / f"kallithea-test-{uuid4().hex}"
        try:
            path.write_text(text)
        except OSError as error:
            pytest.skip(f"services of PAM can only be made by root: {error}")
        made.append(path)
        return path.name

    yield make
    for path in made:
        path.unlink()


@pytest.fixture(name="of_tina")
def _of_tina(service: Service, tmp_path: Path) -> str:
    """A service that knows tina and her password."""
    script = tmp_path / "check"
    script.write_text(CHECK.format(name="tina", password=PASSWORD))
    script.chmod(0o755)
    return service(KNOWS_ONE.format(script=script))


def verify(service: str, name: str, password: str, **more: object) -> VerifiedPerson | None:
    return PamSource(PamSettings(service=service, **more)).verify(name, password)  # type: ignore[arg-type] # a test's shorthand


def test_a_person_is_known_by_name_and_password(of_tina: str) -> None:
    assert verify(of_tina, "tina", PASSWORD) == VerifiedPerson("tina", "tina")
    assert verify(of_tina, " tina ", PASSWORD) == VerifiedPerson("tina", "tina")


@pytest.mark.parametrize("password", ["", "wrong", PASSWORD + "x", PASSWORD + "\0", "x" * 501, "é"])
def test_a_wrong_password_opens_nothing(of_tina: str, password: str) -> None:
    assert verify(of_tina, "tina", password) is None


@pytest.mark.parametrize("name", ["", "nobody-of-this-name", "ti\0na", "tina\nx", "../tina", "-tina", "tina;id", "x" * 101])
def test_a_wrong_name_opens_nothing(of_tina: str, name: str) -> None:
    assert verify(of_tina, name, PASSWORD) is None


def test_an_empty_password_opens_nothing_where_pam_lets_everybody_in(service: Service) -> None:
    everybody = service("auth required pam_permit.so\naccount required pam_permit.so\n")

    assert verify(everybody, "tina", "") is None
    assert verify(everybody, "tina", "x") is not None


def test_an_account_that_may_not_come_in_does_not(service: Service) -> None:
    locked = service("auth required pam_permit.so\naccount required pam_deny.so\n")

    assert verify(locked, "tina", "x") is None


def test_accounts_of_the_system_do_not_come_in(service: Service) -> None:
    everybody = service("auth required pam_permit.so\naccount required pam_permit.so\n")

    assert verify(everybody, "root", "x") is None
    assert verify(everybody, "root", "x", lowest_uid=0) is not None


def test_a_service_that_does_not_work_is_no_wrong_password(service: Service) -> None:
    broken = service("auth required pam_no_such_module.so\naccount required pam_permit.so\n")

    with pytest.raises(Unavailable):
        verify(broken, "tina", "x")


def test_what_the_machine_says_of_a_person(service: Service) -> None:
    everybody = service("auth required pam_permit.so\naccount required pam_permit.so\n")
    known = pwd.getpwuid(os.getuid())

    person = verify(everybody, known.pw_name, "x", lowest_uid=0, synchronise_groups=True)

    assert person is not None
    assert person.full_name == known.pw_gecos.partition(",")[0]
    assert grp.getgrgid(known.pw_gid).gr_name in (person.groups or ())


def test_a_person_of_the_machine_gets_an_account(ledger: Ledger, of_tina: str) -> None:
    turn_on(ledger, "pam", {"new_people": "create", "service": of_tina, "lowest_uid": "1000"})

    assert sign_in(ledger, "tina", PASSWORD).name == "tina"
