"""What opened a repository for programs, when it comes back.

Its own tokens and keys stay out, as they may have been given away or given up since: they are named, so that somebody can make
them again. A token of a person was theirs all the time, to be revoked: it opens again what it was bound to.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from kallithea.lib.access import Access
from kallithea.model import AccessToken, AccessTokenPlace, DeployToken, Repository, SshKey
from kallithea.services.backups.dump import Row, moment_of, rows_of

BOUND = "bound_token"
"""Tokens of people that were bound to a deleted repository. In a backup there is no such table: what is brought back from one
may stand beside the original, of which alone they were to be good."""


def statements(row: Repository) -> Mapping[str, Select[Any]]:
    """What is kept of a repository that is deleted: names, and nothing that opens a door."""
    bound = _columns(AccessToken.id, AccessToken.user_id, AccessToken.name, AccessToken.created_at)
    places = bound.join(AccessTokenPlace, AccessTokenPlace.token_id == AccessToken.id)
    tokens = _columns(DeployToken.repository_id, DeployToken.name, DeployToken.access)
    keys = _columns(SshKey.repository_id, SshKey.name, SshKey.access, SshKey.fingerprint)
    return {
        "deploy_token": tokens.where(DeployToken.repository_id == row.id).order_by(DeployToken.id),
        "ssh_key": keys.where(SshKey.repository_id == row.id).order_by(SshKey.id),
        BOUND: places.where(AccessTokenPlace.namespace_id == row.namespace_id).order_by(AccessToken.id),
    }


def to_make_again(tables: Path, number: int) -> Sequence[str]:
    """The deploy tokens and deploy keys that it had, each in a few words."""
    told = [f"deploy token {row['name']} ({_may(row)})" for row in _of(tables, "deploy_token", number)]
    keys = [f"deploy key {row['name']} {row['fingerprint']} ({_may(row)})" for row in _of(tables, "ssh_key", number)]
    return [*told, *keys]


def bind_again(session: Session, tables: Path, namespace: int, people: Mapping[int, int]) -> None:
    """Let tokens of people open it again that were bound to it, and are still there."""
    for row in _rows(tables, BOUND):
        token = session.get(AccessToken, row["id"])
        kept = (people.get(row["user_id"]), row["name"], moment_of(row["created_at"]))
        # A number may be that of another token by now.
        if token and token.is_bound and (token.user_id, token.name, token.created_at) == kept:
            session.add(AccessTokenPlace(token_id=token.id, namespace_id=namespace))
    session.flush()


def _columns(*wanted: Any) -> Select[Any]:
    return select(*wanted)


def _of(tables: Path, table: str, number: int) -> Iterator[Row]:
    return (row for row in _rows(tables, table) if row["repository_id"] == number)


def _rows(tables: Path, table: str) -> Iterator[Row]:
    """None where a release that did not keep them deleted it."""
    return rows_of(tables, table) if (tables / f"{table}.jsonl").exists() else iter(())


def _may(row: Row) -> str:
    return Access(row["access"]).word
