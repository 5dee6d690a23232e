"""What the filter of lists looks in: the words of repositories and groups, and the trigrams in them."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Integer, Text
from sqlalchemy.dialects import mysql
from sqlalchemy.orm import Mapped, mapped_column

from kallithea.model.base import Base


class SearchText(Base):
    """Name and description of a namespace as they are compared; `services/searching.py` keeps it right.

    The name alone, without what is above it, so that moving a group changes nothing for what is below.
    """

    __tablename__ = "search_text"

    id: Mapped[int] = mapped_column(primary_key=True)
    namespace_id: Mapped[int] = mapped_column(ForeignKey("namespace.id", ondelete="CASCADE"), unique=True)
    text: Mapped[str] = mapped_column(Text().with_variant(mysql.MEDIUMTEXT(), "mysql", "mariadb"))


class SearchTrigram(Base):
    """That a trigram (`lib/trigrams.py`) is in the search text of a namespace. Very many rows, so they have no number."""

    __tablename__ = "search_trigram"
    __table_args__ = {**Base.__table_args__, "sqlite_autoincrement": False, "sqlite_with_rowid": False}

    trigram: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    namespace_id: Mapped[int] = mapped_column(ForeignKey("namespace.id", ondelete="CASCADE"), primary_key=True, index=True)
