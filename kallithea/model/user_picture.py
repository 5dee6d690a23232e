"""Pictures of people."""

from __future__ import annotations

from sqlalchemy import ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from kallithea.model.base import Base

MOST_BYTES = 1 << 20
"""So that MariaDB, too, takes a column that holds what `lib/pictures.py` allows."""


class UserPicture(Base):
    """The picture of an account."""

    __tablename__ = "user_picture"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), unique=True)
    content_type: Mapped[str] = mapped_column(String(32))
    content: Mapped[bytes] = mapped_column(LargeBinary(MOST_BYTES))
    digest: Mapped[str] = mapped_column(String(32))
    """Of the content; part of the address, which nobody can guess therefore."""
