"""Settings that administrators change while the server runs."""

from __future__ import annotations

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from kallithea.model.base import Base

PUBLIC_ACCESS = "public_access"
"""`true` or `false`: whether visitors who are not signed in may see anything."""

SECOND_FACTOR = "second_factor"
"""Who has to have one: `administrators` or `everybody`; nobody where there is no such row."""

NEW_PRIVATE = "new_repositories_private"
"""`true` or `false`: whether repositories are made private where nobody says."""

NEW_GRANT = "new_at_top_read_by"
"""`anyone`, `members` or nothing: who may read what is made at the top."""

PICTURES_STATE = "pictures_state"
"""Changes with every picture of a person, so that pages which show them are made anew."""

REGISTRATION = "registration"
"""`off`, `approval` or `open`: whether people may register, and what it takes until they have an account."""


class Setting(Base):
    """A named value."""

    __tablename__ = "setting"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100), unique=True)
    value: Mapped[str] = mapped_column(Text)
