"""Keys and certificates with which people sign commits."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from kallithea.model.base import Base, table_options


class SigningKey(Base):
    """A public key of OpenPGP, or a certificate, of a person. Several may have the same one: what it is worth depends on whose
    addresses it names."""

    __tablename__ = "signing_key"
    __table_args__ = table_options(UniqueConstraint("user_id", "fingerprint"))

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(100))
    format: Mapped[str] = mapped_column(String(16))
    algorithm: Mapped[str] = mapped_column(String(16))
    bits: Mapped[int]
    fingerprint: Mapped[str] = mapped_column(String(64))
    content: Mapped[str] = mapped_column(Text)
    """The key, in base64."""
    content_hash: Mapped[str] = mapped_column(String(64))
    """SHA-256 of it: the same key may be added again with a later date, or revoked."""
    addresses: Mapped[str] = mapped_column(Text)
    """The mail addresses that it says of itself, case folded, one a line."""
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]

    parts: Mapped[list[SigningKeyPart]] = relationship(cascade="all, delete-orphan", passive_deletes=True)


class SigningKeyPart(Base):
    """A key of OpenPGP that signs: the main one, or one below it."""

    __tablename__ = "signing_key_part"

    id: Mapped[int] = mapped_column(primary_key=True)
    signing_key_id: Mapped[int] = mapped_column(ForeignKey("signing_key.id", ondelete="CASCADE"), index=True)
    key_id: Mapped[str] = mapped_column(String(16), index=True)
    """How signatures name it. Not unique: anybody may put any key below their own."""
