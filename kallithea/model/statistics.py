"""What was counted in the history of a repository."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from kallithea.model.base import Base, LongBytes


class Statistics(Base):
    """The counts of one repository as far as counting has come. They can be counted anew at any time."""

    __tablename__ = "statistics"

    id: Mapped[int] = mapped_column(primary_key=True)
    repository_id: Mapped[int] = mapped_column(ForeignKey("repository.id", ondelete="CASCADE"), unique=True)
    counted_at: Mapped[datetime]
    counted: Mapped[int]
    """Commits counted so far."""
    expected: Mapped[int]
    """Commits there are, when counting began; equal to those counted when all are."""
    tally: Mapped[bytes] = mapped_column(LongBytes, deferred=True)
    """All that counting goes on from."""
    shown: Mapped[bytes] = mapped_column(LongBytes)
    """The part of it that the page shows."""
