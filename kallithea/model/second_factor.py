"""What people prove who they are with, beside a password."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from kallithea.model.base import Base


class AuthenticatorApp(Base):
    """The app of a person that shows a new code every half minute (RFC 6238)."""

    __tablename__ = "authenticator_app"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), unique=True)
    secret: Mapped[str] = mapped_column(String(255))
    """What app and server share, sealed."""
    last_step: Mapped[int] = mapped_column(BigInteger)
    """The half minute of the last code that was taken; only later ones are."""
    created_at: Mapped[datetime]


class RecoveryCode(Base):
    """A code for the day on which everything else is lost; gone once it is used."""

    __tablename__ = "recovery_code"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    code_hash: Mapped[str] = mapped_column(String(64), unique=True)


class Passkey(Base):
    """A key that a device of a person keeps, and of which only the public half is here (WebAuthn)."""

    __tablename__ = "passkey"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(100))
    credential_hash: Mapped[str] = mapped_column(String(64), unique=True)
    """Of `credential_id`, which is too long for an index of MariaDB."""
    credential_id: Mapped[bytes] = mapped_column(LargeBinary)
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    sign_count: Mapped[int] = mapped_column(BigInteger)
    """How often the key signed, as it says itself; many say 0 each time."""
    handle: Mapped[str] = mapped_column(String(64))
    """What devices know the account by, the same for all passkeys of a person; random, in hex."""
    transports: Mapped[str] = mapped_column(String(100))
    """How browsers reach the device, such as `internal hybrid`."""
    created_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class UsedProof(Base):
    """A signed slip that did its work, and is worth nothing until it would be too old anyway."""

    __tablename__ = "used_proof"

    id: Mapped[int] = mapped_column(primary_key=True)
    proof_hash: Mapped[str] = mapped_column(String(64), unique=True)
    expires_at: Mapped[datetime] = mapped_column(index=True)
