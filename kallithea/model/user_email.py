"""Further addresses of people."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from kallithea.model.base import Base


class UserEmail(Base):
    """An address that belongs to an account beside its primary one, and was confirmed. Until then it is a MailedLink only, so
    that nobody can take an address from somebody else by naming it."""

    __tablename__ = "user_email"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    email: Mapped[str] = mapped_column(String(254))
    email_key: Mapped[str] = mapped_column(String(508), unique=True)
    """The address case folded."""
    confirmed_at: Mapped[datetime]
