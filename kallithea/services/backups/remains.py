"""What the ledger knew of a repository that is deleted, written as backups have it: from this it can come back.

It lies in the folder of the repository, which is moved aside, and goes with that when it is purged. Of people, groups, tokens
and keys there are the names alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from kallithea.model import Following, FormerPath, GrantRow, Namespace, Push, RefUpdateRow, Repository, User, UserGroup
from kallithea.services.backups import openers
from kallithea.services.backups.dump import Row, rows_of, write_table
from kallithea.services.streaming import streamed

LAST = "repository"
"""The table that is written last: where it is, the others are too."""
RELATIVES = "relative"
"""Rows of other repositories: what this one was forked from, and its forks. A backup has them among all others."""


def write_remains(session: Session, row: Repository, folder: Path) -> None:
    """Write what is known of a repository into a folder that is new, or that an earlier attempt left. Raises OSError."""
    folder.mkdir(mode=0o700, exist_ok=True)
    for path in folder.iterdir():
        path.unlink()
    for table, statement in _statements(row).items():
        with streamed(session, statement) as found:
            write_table(folder / f"{table}.jsonl", found)


def number_in(folder: Path) -> int | None:
    """The number that the repository had; None where nothing was kept of it."""
    row = row_in(folder)
    return None if row is None else int(row["id"])


def row_in(folder: Path) -> Row | None:
    """The row of the repository itself; None where nothing was kept of it."""
    try:
        return next(rows_of(folder, LAST), None)
    except FileNotFoundError:
        return None


def _statements(row: Repository) -> Mapping[str, Select[Any]]:
    grants = GrantRow.namespace_id == row.namespace_id
    pushes, following = Push.repository_id == row.id, Following.repository_id == row.id
    opening = openers.statements(row)
    bound = opening[openers.BOUND].subquery()
    people = (
        select(GrantRow.user_id).where(grants),
        select(Push.user_id).where(pushes),
        select(Following.user_id).where(following),
        select(bound.c.user_id),
    )
    groups = select(GrantRow.user_group_id).where(grants)
    is_named = or_(User.id == row.owner_id, *(User.id.in_(each) for each in people))
    is_relative = or_(Repository.id == row.forked_from_id, Repository.forked_from_id == row.id)
    updates = select(*RefUpdateRow.__table__.columns).join(Push, RefUpdateRow.push_id == Push.id)
    return {
        "namespace": select(*Namespace.__table__.columns).where(Namespace.id == row.namespace_id),
        "user": select(User.id, User.name, User.name_key).where(is_named),
        "user_group": select(UserGroup.id, UserGroup.name, UserGroup.name_key).where(UserGroup.id.in_(groups)),
        "grant": select(*GrantRow.__table__.columns).where(grants).order_by(GrantRow.id),
        "following": select(*Following.__table__.columns).where(following).order_by(Following.id),
        "push": select(*Push.__table__.columns).where(pushes).order_by(Push.id),
        "ref_update": updates.where(pushes).order_by(RefUpdateRow.id),
        "former_path": select(*FormerPath.__table__.columns).where(FormerPath.namespace_id == row.namespace_id),
        **opening,
        RELATIVES: select(Repository.id, Repository.location, Repository.forked_from_id).where(is_relative),
        LAST: select(*Repository.__table__.columns).where(Repository.id == row.id),
    }
