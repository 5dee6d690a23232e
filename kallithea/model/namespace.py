"""Paths: one table for repositories and groups, so that a path has one meaning."""

from __future__ import annotations

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from kallithea.model.base import Base

ROOT_PATH = ""


class Namespace(Base):
    """A path that a group or a repository owns. The root has the empty path and carries only who may create."""

    __tablename__ = "namespace"

    id: Mapped[int] = mapped_column(primary_key=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("namespace.id"), index=True)
    path: Mapped[str] = mapped_column(String(255))
    path_key: Mapped[str] = mapped_column(String(510).with_variant(String(510, collation="C"), "postgresql"), unique=True)
    """`names.path_key(path)`: case folding can make a text longer. In the order of its bytes, so what is below is a range."""
    inherits: Mapped[bool] = mapped_column(default=True)
    """Whether what the parent gives counts here too."""
