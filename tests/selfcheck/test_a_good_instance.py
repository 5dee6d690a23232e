"""A fresh instance passes, and keeps no trace but in the log of what was done."""

from __future__ import annotations

from sqlalchemy import func, select

from kallithea.model import AccessToken, Group, Namespace, Repository, SshKey, User, UserSession
from kallithea.selfcheck.checks import Status
from kallithea.selfcheck.run import CHECKS
from tests.selfcheck.conftest import House, of

EXPECTED_NOT_CHECKED = {"clients.sshd", "environment.address", "environment.mail"}


def counts(house: House) -> dict[str, int]:
    """Rows of everything that the checks make."""
    app = house.app()
    try:
        with app.session() as session:
            tables = (User, Namespace, Group, Repository, AccessToken, SshKey, UserSession)
            return {table.__name__: session.scalar(select(func.count()).select_from(table)) or 0 for table in tables}
    finally:
        app.close()


def test_everything_is_checked_and_nothing_stays(house: House) -> None:
    before = counts(house)

    results = house.checks(quick=False)

    assert {name: result.said for name, result in of(results, Status.FAILED).items()} == {}
    assert set(of(results, Status.NOT_CHECKED)) == EXPECTED_NOT_CHECKED
    assert [result.check.name for result in results] == [check.name for check in CHECKS]
    assert (counts(house), house.folders()) == (before, [])
    discarded = house.folder / "repos" / ".discarded"
    assert not discarded.exists() or not list(discarded.iterdir())
    assert not list((house.folder / "repos" / ".store").iterdir())
