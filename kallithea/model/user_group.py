"""Groups of accounts, to grant something to several people at once."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kallithea.model.base import Base, table_options


class UserGroup(Base):
    """A group of accounts; what an inactive one was granted does not count."""

    __tablename__ = "user_group"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(255))
    name_key: Mapped[str] = mapped_column(String(510), unique=True)
    description: Mapped[str] = mapped_column(Text, default="")
    active: Mapped[bool] = mapped_column(default=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    created_at: Mapped[datetime]


class UserGroupMember(Base):
    """That an account belongs to a user group."""

    __tablename__ = "user_group_member"
    __table_args__ = table_options(UniqueConstraint("user_group_id", "user_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    user_group_id: Mapped[int] = mapped_column(ForeignKey("user_group.id", ondelete="CASCADE"))
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
