"""The outbox: mails that were written in a transaction and are sent after it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from kallithea.model.base import Base


class Mail(Base):
    """One mail to one address. Its text is erased once it is of no use any more: it may hold a link that opens an account."""

    __tablename__ = "mail"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(32))
    """What it is about, such as `password-reset`."""
    recipient: Mapped[str] = mapped_column(String(254))
    subject: Mapped[str] = mapped_column(String(255))
    text: Mapped[str] = mapped_column(Text)
    html: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    """When nobody can use it any more, as what it links to is over."""
    due_at: Mapped[datetime | None] = mapped_column(index=True)
    """When to try next; None when it was sent, or nobody tries any more."""
    attempts: Mapped[int] = mapped_column(default=0)
    sent_at: Mapped[datetime | None]
    error: Mapped[str | None] = mapped_column(Text)
    """What the mail server last said against it."""
