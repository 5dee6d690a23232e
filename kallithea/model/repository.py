"""Repositories."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from kallithea.model.base import Base
from kallithea.model.namespace import Namespace
from kallithea.model.user import User

READY, COPYING, COPY_FAILED = "ready", "copying", "failed"
"""What `state` says: whether there is something at `location`, will be, or never will."""


class Repository(Base):
    """The row of a repository; its history lies in the vault at `location`."""

    __tablename__ = "repository"

    id: Mapped[int] = mapped_column(primary_key=True)
    namespace_id: Mapped[int] = mapped_column(ForeignKey("namespace.id"), unique=True)
    kind: Mapped[str] = mapped_column(String(8))
    """`hg` or `git`."""
    description: Mapped[str] = mapped_column(Text, default="")
    is_private: Mapped[bool] = mapped_column(default=False)
    """Takes away what *anyone* and *any member* have, inherited or not."""
    owner_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    created_at: Mapped[datetime]

    location: Mapped[str] = mapped_column(String(1024))
    """The folder in the vault, independent of the path. Unique, which the services see to: too long for a MariaDB index."""
    publishing: Mapped[bool] = mapped_column(default=True)
    """Whether pushed hg changesets become public (phases.publish)."""
    landing: Mapped[str | None] = mapped_column(String(255))
    """The branch, tag or bookmark that visitors see first; None means the repository's own default."""
    issue_links: Mapped[str | None] = mapped_column(Text)
    """How messages name issues and where those are, a line each (`kallithea/lib/issues.py`)."""
    forked_from_id: Mapped[int | None] = mapped_column(ForeignKey("repository.id", ondelete="SET NULL"), index=True)

    state: Mapped[str] = mapped_column(String(16), default=READY, server_default=READY)
    """A copy is `copying` until all of it is there; nobody sees a part."""
    relations: Mapped[int] = mapped_column(default=0, server_default="0")
    """Grows when forks or followers come, go or change: pages that count them are remembered under it."""

    size: Mapped[int | None] = mapped_column(BigInteger, index=True)
    """Bytes on disk, as of the last maintenance; None before the first."""

    # The newest commit of the default ref, for lists; rebuilt from the repository after every push.
    tip_id: Mapped[str | None] = mapped_column(String(64))
    tip_author: Mapped[str | None] = mapped_column(String(255))
    tip_summary: Mapped[str | None] = mapped_column(String(255))
    tip_at: Mapped[datetime | None]

    namespace: Mapped[Namespace] = relationship(lazy="joined", innerjoin=True)
    owner: Mapped[User] = relationship()
