"""A sign-in plug-in of somebody else, as another package would bring it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from kallithea.lib.errors import Unavailable
from kallithea.lib.sign_in import registry
from kallithea.lib.sign_in.options import option
from kallithea.lib.sign_in.sources import PasswordSource, SourceSettings, VerifiedPerson

METADATA = "Metadata-Version: 2.1\nName: a-book\nVersion: 1\n"


@dataclass
class Book:
    """Who is in it, and what happens when it is asked."""

    people: dict[tuple[str, str], VerifiedPerson]
    is_away: bool = False
    asked: int = 0


BOOK = Book({})


@dataclass(frozen=True)
class BookSettings(SourceSettings):
    shelf: str = option("Shelf", "Where it stands.", default="", needed=True)
    key: str = option("Key", "What opens it.", default="", secret=True)


class BookSource(PasswordSource):
    name = "book"
    title = "The book"
    about = "People who are in the book."
    settings = BookSettings

    def __init__(self, settings: BookSettings) -> None:
        self._settings = settings

    def verify(self, name: str, password: str) -> VerifiedPerson | None:
        BOOK.asked += 1
        if BOOK.is_away:
            raise Unavailable("The book cannot be read at the moment.")
        return BOOK.people.get((name, password))


@contextmanager
def installed(folder: Path, patch: pytest.MonkeyPatch, place: str = "tests.sign_in.plugin:BookSource") -> Iterator[Book]:
    """The plug-in is installed meanwhile, and the book is empty."""
    information = folder / "a_book-1.dist-info"
    information.mkdir()
    (information / "METADATA").write_text(METADATA)
    (information / "entry_points.txt").write_text(f"[{registry.GROUP}]\nbook = {place}\nldap = {place}\nBad-Name = {place}\n")
    patch.syspath_prepend(str(folder))
    _look_again()
    BOOK.people, BOOK.is_away, BOOK.asked = {}, False, 0
    try:
        yield BOOK
    finally:
        patch.undo()
        _look_again()


def _look_again() -> None:
    registry._foreign.cache_clear()
    registry.source_names.cache_clear()
