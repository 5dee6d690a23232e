"""Where repositories and groups were before they moved."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from kallithea.model.base import Base


class FormerPath(Base):
    """A path that a repository or group had; gone as soon as something new has it."""

    __tablename__ = "former_path"

    id: Mapped[int] = mapped_column(primary_key=True)
    path_key: Mapped[str] = mapped_column(String(510), unique=True)
    namespace_id: Mapped[int] = mapped_column(ForeignKey("namespace.id", ondelete="CASCADE"), index=True)
    moved_at: Mapped[datetime]
