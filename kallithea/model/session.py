"""Sessions of signed-in people."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from kallithea.model.base import Base


class UserSession(Base):
    """One browser in which a person is signed in; the row keeps only the hash of the token that its cookie has."""

    __tablename__ = "user_session"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime]
    used_at: Mapped[datetime]
    """Written at most every ten minutes."""
    expires_at: Mapped[datetime] = mapped_column(index=True)
    address: Mapped[str] = mapped_column(String(64))
    client: Mapped[str] = mapped_column(String(255))
    """What the browser said of itself."""
    proved_at: Mapped[datetime | None]
    """When the person last proved who they are in it; None: not since their password or a factor was changed."""
    source: Mapped[str | None] = mapped_column(String(30))
    """The source of sign-ins that the browser was sent to; None for the sign-in form."""
