"""What was done by whom."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from kallithea.model.base import Base, table_options


class AuditEntry(Base):
    """One deed. It names people and things by number and by the name of that day, and outlives them all: no foreign keys."""

    __tablename__ = "audit_entry"
    __table_args__ = table_options(Index("ix_audit_entry_target", "target_kind", "target_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    action: Mapped[str] = mapped_column(String(64), index=True)
    actor_id: Mapped[int | None] = mapped_column(index=True)
    """The account; None for visitors, the server itself, and deploy tokens and keys."""
    actor_name: Mapped[str] = mapped_column(String(255), index=True)
    transport: Mapped[str] = mapped_column(String(16))
    address: Mapped[str] = mapped_column(String(64))
    client: Mapped[str] = mapped_column(String(255))
    target_kind: Mapped[str] = mapped_column(String(16))
    target_id: Mapped[int | None]
    target_name: Mapped[str] = mapped_column(String(255), index=True)
    before: Mapped[str | None] = mapped_column(Text)
    """JSON: what is different now, as it was."""
    after: Mapped[str | None] = mapped_column(Text)
    """JSON: the same as it is now."""
