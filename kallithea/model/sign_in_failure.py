"""Failed sign-ins, to slow down guessing."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from kallithea.model.base import Base


class SignInFailure(Base):
    """How often signing in failed lately for one account name or from one address."""

    __tablename__ = "sign_in_failure"

    id: Mapped[int] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(String(150), unique=True)
    """`account:<hash>`, `factor:<hash>`, `address:<network>` or `token:<network>`: the name itself is not kept, people type
    passwords there."""
    failures: Mapped[int]
    last_at: Mapped[datetime] = mapped_column(index=True)
