"""What a server imports before anybody came."""

import subprocess
import sys

import pytest

SAYS = "import sys, kallithea.config.application; print(*sys.modules)"


@pytest.fixture(name="imported", scope="module")
def _imported() -> set[str]:
    ended = subprocess.run([sys.executable, "-c", SAYS], capture_output=True, text=True, check=True)
    return set(ended.stdout.split())


@pytest.mark.parametrize(
    "late", ["mercurial", "docutils", "ldap3", "joserfc", "webauthn", "kallithea.controllers.account.room"]
)
def test_what_only_some_need_is_not_imported_at_the_start(imported: set[str], late: str) -> None:
    assert late not in imported


def test_rooms_of_administration_are_not_imported_at_the_start(imported: set[str]) -> None:
    early = {name for name in imported if name.startswith(("kallithea.controllers.admin.", "kallithea.controllers.account."))}

    assert early == set()
