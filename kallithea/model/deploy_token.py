"""Tokens of repositories, which belong to no person."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, SmallInteger, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kallithea.model.base import Base, table_options


class DeployToken(Base):
    """A token with which programs read, or read and write, one repository; the row keeps only its keyed hash."""

    __tablename__ = "deploy_token"
    __table_args__ = table_options(UniqueConstraint("repository_id", "name"))

    id: Mapped[int] = mapped_column(primary_key=True)
    repository_id: Mapped[int] = mapped_column(ForeignKey("repository.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(100))
    """What the ledger of pushes says for it."""
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    access: Mapped[int] = mapped_column(SmallInteger)
    """`Access` as a number: READ or WRITE."""
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None] = mapped_column(index=True)
    used_at: Mapped[datetime | None]
    """Written at most every ten minutes, as `used_address`."""
    used_address: Mapped[str] = mapped_column(String(64), default="")
