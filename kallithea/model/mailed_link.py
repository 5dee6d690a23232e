"""Links that were mailed and do something once."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from kallithea.model.base import Base

RESET_PASSWORD = "password-reset"  # noqa: S105 - the name of a purpose
CONFIRM_ADDRESS = "confirm-address"


class MailedLink(Base):
    """A link for one account; the row keeps only the hash of its token. It is deleted when it is used."""

    __tablename__ = "mailed_link"

    id: Mapped[int] = mapped_column(primary_key=True)
    purpose: Mapped[str] = mapped_column(String(20))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    """None while nobody has looked yet whose address it is: a job does that, so that no answer tells which ones are known."""
    email: Mapped[str] = mapped_column(String(254))
    """The address that was typed; where the link goes is the account's own."""
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
