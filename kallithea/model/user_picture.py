"""Pictures of people."""

from __future__ import annotations

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from kallithea.model.base import Base, LongBytes


class UserPicture(Base):
    """The picture of an account."""

    __tablename__ = "user_picture"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), unique=True)
    content_type: Mapped[str] = mapped_column(String(32))
    content: Mapped[bytes] = mapped_column(LongBytes)
    digest: Mapped[str] = mapped_column(String(32))
    """Of the content; part of the address, which nobody can guess therefore."""
