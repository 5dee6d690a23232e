"""Access tokens of people."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, SmallInteger, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from kallithea.model.base import Base, table_options


class AccessToken(Base):
    """A token with which a program acts as a person, within limits; the row keeps only its keyed hash. Revoking deletes it."""

    __tablename__ = "access_token"
    __table_args__ = table_options(UniqueConstraint("user_id", "name"))

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(100))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    access: Mapped[int] = mapped_column(SmallInteger)
    """`Access` as a number: the most that it leaves of what the person may do."""
    may_use_api: Mapped[bool] = mapped_column(default=False)
    is_bound: Mapped[bool] = mapped_column(default=False)
    """Whether it opens its places only. Not the same as having some: when they are deleted it opens nothing, not everything."""
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None] = mapped_column(index=True)
    used_at: Mapped[datetime | None]
    """Written at most every ten minutes, as `used_address`."""
    used_address: Mapped[str] = mapped_column(String(64), default="")

    places: Mapped[list[AccessTokenPlace]] = relationship(cascade="all, delete-orphan", passive_deletes=True)


class AccessTokenPlace(Base):
    """A repository or group to which a token is bound, with all that is in it."""

    __tablename__ = "access_token_place"
    __table_args__ = table_options(UniqueConstraint("token_id", "namespace_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    token_id: Mapped[int] = mapped_column(ForeignKey("access_token.id", ondelete="CASCADE"))
    namespace_id: Mapped[int] = mapped_column(ForeignKey("namespace.id", ondelete="CASCADE"), index=True)
