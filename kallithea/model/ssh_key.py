"""Public keys of SSH."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, SmallInteger, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from kallithea.model.base import Base, table_options


class SshKey(Base):
    """A key of a person, or of one repository (a deploy key)."""

    __tablename__ = "ssh_key"
    __table_args__ = table_options(CheckConstraint("access BETWEEN 0 AND 2", name="access_of_a_key"))

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    """Whose key it is; None for a deploy key."""
    repository_id: Mapped[int | None] = mapped_column(ForeignKey("repository.id", ondelete="CASCADE"), index=True)
    """What a deploy key is for."""
    access: Mapped[int] = mapped_column(SmallInteger)
    """`Access` of a deploy key as a number; 0 for a person's, who may what the person may."""
    name: Mapped[str] = mapped_column(String(100))
    algorithm: Mapped[str] = mapped_column(String(64))
    bits: Mapped[int]
    key: Mapped[str] = mapped_column(Text)
    """In base64."""
    fingerprint: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    """Written at most every ten minutes, as `used_address`, unless the address is another one."""
    used_address: Mapped[str] = mapped_column(String(64), default="", server_default="")
