"""Accounts."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from kallithea.model.base import Base


class User(Base):
    """An account of a person."""

    __tablename__ = "user"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    name_key: Mapped[str] = mapped_column(String(100), unique=True)
    """The name case folded."""
    email: Mapped[str] = mapped_column(String(254))
    email_key: Mapped[str] = mapped_column(String(508), unique=True)
    display_name: Mapped[str] = mapped_column(String(255), default="", server_default="")
    """What the person is called on pages, where that is not the user name."""
    password_hash: Mapped[str] = mapped_column(String(255))
    is_active: Mapped[bool] = mapped_column(default=True)
    is_administrator: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
    time_zone: Mapped[str] = mapped_column(String(64), default="", server_default="")
    """A name of the IANA database; empty: as the browser says."""
