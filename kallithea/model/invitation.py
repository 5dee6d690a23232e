"""Invitations to have an account."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, SmallInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from kallithea.model.base import Base


class Invitation(Base):
    """An open invitation; the row keeps only the hash of the token in its link. It is deleted when it is accepted."""

    __tablename__ = "invitation"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    email: Mapped[str] = mapped_column(String(254))
    email_key: Mapped[str] = mapped_column(String(508), index=True)
    invited_by_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    """It holds for as long as this one may administer the site."""
    user_group_id: Mapped[int | None] = mapped_column(ForeignKey("user_group.id", ondelete="SET NULL"), index=True)
    namespace_id: Mapped[int | None] = mapped_column(ForeignKey("namespace.id", ondelete="SET NULL"), index=True)
    access: Mapped[int] = mapped_column(SmallInteger, default=0)
    """The access to the namespace that who accepts is given."""
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
