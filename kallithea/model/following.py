"""Who follows which repository."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kallithea.model.base import Base, table_options


class Following(Base):
    """One member follows one repository, also one that it may not read any more; then it counts nowhere."""

    __tablename__ = "following"
    __table_args__ = table_options(UniqueConstraint("user_id", "repository_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"))
    repository_id: Mapped[int] = mapped_column(ForeignKey("repository.id", ondelete="CASCADE"), index=True)
    since: Mapped[datetime]
