"""What principals were granted on a namespace."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, SmallInteger, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kallithea.lib.access import PrincipalKind
from kallithea.model.base import Base, table_options


class GrantRow(Base):
    """One grant: this principal has this access here and, where inherited, below. (`Grant` is the proof made from rows.)"""

    __tablename__ = "grant"
    __table_args__ = table_options(
        UniqueConstraint("namespace_id", "principal"),
        CheckConstraint("access BETWEEN 0 AND 3 AND (access > 0 OR may_create)", name="says_something"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    namespace_id: Mapped[int] = mapped_column(ForeignKey("namespace.id", ondelete="CASCADE"))
    principal: Mapped[str] = mapped_column(String(32), index=True)
    """`user:<id>`, `group:<id>`, `anyone` or `members`: one column, so that uniqueness needs no NULLs."""
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    user_group_id: Mapped[int | None] = mapped_column(ForeignKey("user_group.id", ondelete="CASCADE"), index=True)
    access: Mapped[int] = mapped_column(SmallInteger)
    """`Access` as a number; 0 only together with `may_create`."""
    may_create: Mapped[bool] = mapped_column(default=False)
    """Make repositories and groups directly here. Not inherited."""


def principal_key(kind: PrincipalKind, number: int | None = None) -> str:
    """The text of the column `principal`."""
    return kind.value if number is None else f"{kind.value}:{number}"
