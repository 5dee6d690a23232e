"""Whom accounts are at sources of sign-ins, and which user groups follow the groups there."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kallithea.model.base import Base, table_options


class ExternalIdentity(Base):
    """That somebody of a source is the person of an account. Nothing but this row says so, never a name or an address."""

    __tablename__ = "external_identity"
    __table_args__ = table_options(UniqueConstraint("source", "subject"))

    id: Mapped[int] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(String(30))
    subject: Mapped[str] = mapped_column(String(500))
    """What names the person at the source for ever."""
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime]
    signed_in_at: Mapped[datetime | None]


class SynchronisedGroup(Base):
    """That whoever is in a group of a source is in a user group, and whoever is not is not."""

    __tablename__ = "synchronised_group"
    __table_args__ = table_options(UniqueConstraint("source", "external_name", "user_group_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(String(30))
    external_name: Mapped[str] = mapped_column(String(500))
    """Compared case folded."""
    user_group_id: Mapped[int] = mapped_column(ForeignKey("user_group.id", ondelete="CASCADE"), index=True)
