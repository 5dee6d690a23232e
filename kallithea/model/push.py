"""Pushes: who moved which refs from what to what."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from kallithea.model.base import Base, table_options


class Push(Base):
    """One push as the client sent it. The name stays when the account goes."""

    __tablename__ = "push"
    __table_args__ = table_options(Index("ix_push_repository_id_id", "repository_id", "id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    repository_id: Mapped[int] = mapped_column(ForeignKey("repository.id", ondelete="CASCADE"))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"), index=True)
    user_name: Mapped[str] = mapped_column(String(100))
    pushed_at: Mapped[datetime]
    transport: Mapped[str] = mapped_column(String(16))
    address: Mapped[str] = mapped_column(String(64))
    client: Mapped[str] = mapped_column(String(255))

    updates: Mapped[list[RefUpdateRow]] = relationship(order_by="RefUpdateRow.id", cascade="all, delete-orphan")


class RefUpdateRow(Base):
    """One ref of a push before and after."""

    __tablename__ = "ref_update"

    id: Mapped[int] = mapped_column(primary_key=True)
    push_id: Mapped[int] = mapped_column(ForeignKey("push.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(String(16))
    name: Mapped[str] = mapped_column(Text)
    old: Mapped[str | None] = mapped_column(String(64))
    new: Mapped[str | None] = mapped_column(String(64))
