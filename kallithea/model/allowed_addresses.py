"""From which networks people may come."""

from __future__ import annotations

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from kallithea.model.base import Base

EVERYBODY = "everybody"
"""The subject of the list for all."""


class AllowedAddresses(Base):
    """One list for each subject, in one row, so that it comes along with whatever finds out who somebody is."""

    __tablename__ = "allowed_addresses"

    id: Mapped[int] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(String(32), unique=True)
    """`everybody`, or `user:<id>`: one column, so that uniqueness needs no NULLs."""
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), unique=True)
    networks: Mapped[str] = mapped_column(Text)
    """A network a line, as `ipaddress` writes it."""
