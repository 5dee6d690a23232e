"""What opened a repository for programs when it comes back: what was its own is named, what is a person's opens it again."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from kallithea.lib.access import Access
from kallithea.lib.errors import Unauthenticated
from kallithea.model import AccessToken, DeployToken, SshKey
from kallithea.services.actors import Credentials, Member, ShownToken
from kallithea.services.deploy_tokens import NewDeployToken
from kallithea.services.tokens import NewToken
from tests.services.backups.conftest import House
from tests.services.backups.test_deleted import delete, restore
from tests.services.backups.test_one_repository import bring_back
from tests.services.test_ssh_keys import new_key


def opened_for_programs(house: House, path: str) -> str:
    """The text of a deploy token that a repository gets, beside a deploy key."""
    with house.ledger.app.system_scope() as scope:
        grant = scope.access.administer_repository(scope.access.at(path))
        scope.ssh_keys.add_to_repository(grant, new_key(), name="builder", access=Access.WRITE)
        return scope.deploy_tokens.create(grant, NewDeployToken("ci"))[1]


def token_of_ann(house: House, *paths: str) -> tuple[int, str]:
    """A token that opens these places only."""
    with house.ledger.app.system_scope() as scope:
        ann = Member(scope.accounts.by_name("ann").id, "ann", is_administrator=False)
        return scope.tokens.create(ann, NewToken("bound", Access.WRITE, False, timedelta(days=90), paths))


def opened_by(house: House, token: str) -> set[str]:
    """Which of the repositories of the house a token opens."""
    with house.ledger.app.scope(Credentials(ShownToken(token))) as scope:
        places = ("web/git", "web/hg", "web/again")
        return {path for path in places if scope.access.decide(scope.access.at(path)).access}


def are_its_own(told: tuple[str, ...]) -> bool:
    token, key = told
    return token == "deploy token ci (read)" and bool(re.fullmatch(r"deploy key builder SHA256:\S+ \(write\)", key))


def test_tokens_and_keys_of_its_own_are_named_and_open_nothing(house: House) -> None:
    token = opened_for_programs(house, "web/git")
    assert "web/git" in opened_by(house, token)
    delete(house, "web/git")

    assert are_its_own(restore(house, "web/git").to_make_again)

    with house.ledger.app.session() as session:
        assert not session.scalars(select(DeployToken)).all()
        assert not session.scalars(select(SshKey).where(SshKey.repository_id.is_not(None))).all()
    with pytest.raises(Unauthenticated):
        opened_by(house, token)


def test_those_of_others_are_not_named(house: House) -> None:
    opened_for_programs(house, "web/hg")
    delete(house, "web/git")
    assert restore(house, "web/git").to_make_again == ()


def test_from_a_backup_they_are_named_too(house: House) -> None:
    opened_for_programs(house, "web/git")
    backup = house.create().generation.folder
    assert are_its_own(bring_back(house, backup, "web/git", to="web/again").to_make_again)


def test_a_token_of_a_person_that_was_bound_to_it_opens_it_again(house: House) -> None:
    _, token = token_of_ann(house, "web/git")
    delete(house, "web/git")
    assert opened_by(house, token) == set()
    restore(house, "web/git", to="web/again")
    assert opened_by(house, token) == {"web/again"}


def test_a_copy_from_a_backup_is_not_what_a_token_was_bound_to(house: House) -> None:
    _, token = token_of_ann(house, "web/git")
    backup = house.create().generation.folder
    bring_back(house, backup, "web/git", to="web/again")
    assert opened_by(house, token) == {"web/git"}


def test_another_token_of_the_same_number_and_name_gets_nothing(house: House) -> None:
    number, _ = token_of_ann(house, "web/git")
    delete(house, "web/git")
    with house.ledger.app.system_scope() as scope:
        scope.tokens.revoke_any(number)
    later, token = token_of_ann(house, "web/hg")
    with house.ledger.app.session() as session:
        session.get_one(AccessToken, later).created_at += timedelta(days=1)
        session.commit()

    restore(house, "web/git")

    assert opened_by(house, token) == {"web/hg"}


def test_what_is_kept_of_them_opens_no_door(house: House) -> None:
    opened_for_programs(house, "web/git")
    token_of_ann(house, "web/git")
    with house.ledger.app.session() as session:
        tables = (AccessToken.token_hash, DeployToken.token_hash, SshKey.key)
        secrets = [secret for column in tables for secret in session.scalars(select(column))]
    delete(house, "web/git")
    kept = "".join(path.read_text() for path in _remains(house).iterdir())
    assert '"builder"' in kept
    assert secrets
    assert [secret for secret in secrets if secret in kept] == []


def test_what_an_earlier_release_deleted_comes_back_without_them(house: House) -> None:
    opened_for_programs(house, "web/git")
    delete(house, "web/git")
    for name in ("deploy_token", "ssh_key", "bound_token"):
        (_remains(house) / f"{name}.jsonl").unlink()
    assert restore(house, "web/git").to_make_again == ()


def _remains(house: House) -> Path:
    (grave,) = (house.vault.root / ".discarded").iterdir()
    return grave / "kallithea-deleted"
