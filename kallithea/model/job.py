"""Work that is done behind the pages: asked for in the transaction that causes it, done later by a worker."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from kallithea.model.base import Base


class Job(Base):
    """One thing to do. Asking for it again changes its row, so that ten pushes are one maintenance."""

    __tablename__ = "job"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(190), unique=True)
    """What is done to what, such as `maintain-repository:17`; before the colon is the kind of job."""
    asked: Mapped[int]
    """How often it was asked for. Who does it compares: if it grew meanwhile, the job is due once more."""
    asked_at: Mapped[datetime]
    due_at: Mapped[datetime | None] = mapped_column(index=True)
    """When to begin, at the earliest; None when nothing is left to do or nobody tries any more."""
    attempts: Mapped[int]
    """How often it was begun since it last ended well."""
    worker: Mapped[str | None] = mapped_column(String(100))
    """Who does it now, and until when the others believe that."""
    leased_until: Mapped[datetime | None]
    place: Mapped[str | None] = mapped_column(String(32), unique=True)
    """The place that it takes while it runs, for jobs of which one at a time may run: uniqueness sees to it."""
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    """When it last ended, well or not."""
    outcome: Mapped[str | None] = mapped_column(Text)
    """What it reported when it last ended well."""
    error: Mapped[str | None] = mapped_column(Text)
    """Why it last failed; None after it ended well."""
