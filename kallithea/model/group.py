"""Repository groups."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from kallithea.model.base import Base
from kallithea.model.namespace import Namespace
from kallithea.model.user import User


class Group(Base):
    """A folder of repositories and further groups."""

    __tablename__ = "group"

    id: Mapped[int] = mapped_column(primary_key=True)
    namespace_id: Mapped[int] = mapped_column(ForeignKey("namespace.id"), unique=True)
    description: Mapped[str] = mapped_column(Text, default="")
    owner_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    created_at: Mapped[datetime]

    namespace: Mapped[Namespace] = relationship(lazy="joined", innerjoin=True)
    owner: Mapped[User] = relationship()
