"""Where what counts on a namespace is granted: the closure of inheriting."""

from __future__ import annotations

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kallithea.model.base import Base, table_options


class GrantSource(Base):
    """What is granted on `source_id`, and who owns it, counts on `namespace_id`: on itself, and on what inherits from it.

    It follows from `Namespace.parent_id` and `Namespace.inherits` alone; `services/access/sources.py` keeps it right. Lists are
    made with it. The decision about one thing never reads it.
    """

    __tablename__ = "grant_source"
    __table_args__ = table_options(UniqueConstraint("source_id", "namespace_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    namespace_id: Mapped[int] = mapped_column(ForeignKey("namespace.id", ondelete="CASCADE"), index=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("namespace.id", ondelete="CASCADE"))
