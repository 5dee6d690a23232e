"""Which older releases can still use this database."""

from __future__ import annotations

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from kallithea.model.base import Base


class SchemaCompatibility(Base):
    """An older migration head whose release still works; every migration fills this table anew."""

    __tablename__ = "schema_compatibility"

    id: Mapped[int] = mapped_column(primary_key=True)
    revision: Mapped[str] = mapped_column(String(32), unique=True)
