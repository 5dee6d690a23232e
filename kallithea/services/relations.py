"""That the forks or the followers of a repository changed."""

from __future__ import annotations

from sqlalchemy import update
from sqlalchemy.orm import Session

from kallithea.model import Repository


def touch(session: Session, repository_id: int) -> None:
    """Have what pages remember about a repository's forks and followers found anew."""
    values = {"relations": Repository.relations + 1}
    session.execute(update(Repository).where(Repository.id == repository_id).values(values))
