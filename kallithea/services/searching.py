"""The index behind the filter of lists: names and descriptions, and which trigrams are in them.

A word is looked for in whole paths and in descriptions. Paths are not in the index, but what they consist of: a word in a path
is in the name of the thing or in that of a group above it.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, bindparam, delete, false, func, insert, null, or_, select, union_all, update
from sqlalchemy.orm import Session

from kallithea.lib.names import path_key
from kallithea.lib.trigrams import SIZE, trigrams
from kallithea.model import Group, Namespace, Repository, SearchText, SearchTrigram
from kallithea.services.pieces import pieces
from kallithea.services.sets import made_once
from kallithea.services.streaming import streamed

MOST_WORDS = 8
MOST_CANDIDATES = 3000
"""Where more could be meant than these, the index says nothing: what is so frequent is found soon without it."""
MOST_TRIGRAMS = 24
"""Trigrams of a search of which the rarest is found."""
MOST_TRIES = 2
"""Words that are looked up, the rarest first."""

_TEXTS: Any = (
    select(
        Namespace.id,
        Namespace.path_key,
        func.coalesce(Repository.description, Group.description, "").label("description"),
        SearchText.text,
    )
    .outerjoin(Repository, Repository.namespace_id == Namespace.id)
    .outerjoin(Group, Group.namespace_id == Namespace.id)
    .outerjoin(SearchText, SearchText.namespace_id == Namespace.id)
    .where(Namespace.parent_id.is_not(None))
)

LOOKED_UP: Any = select(SearchText.text).where(SearchText.namespace_id == Namespace.id).correlate(Namespace).scalar_subquery()
"""The text of a row of `Namespace`, for few of them: PostgreSQL reads all texts to join some thousand."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word that is looked for, as it is compared. One or two letters are looked for where names and descriptions begin:
    they are everywhere else."""

    key: str

    @property
    def is_beginning(self) -> bool:
        # Two characters are a word in writings without letters.
        return len(self.key) < SIZE and self.key.isascii() and "/" not in self.key

    @property
    def needle(self) -> str:
        """What is in the search text of whatever the word is in, or of a group above that; may be too short to say much."""
        if self.is_beginning:
            return "\n" * (SIZE - len(self.key)) + self.key
        return max(self.key.split("/"), key=len)

    def occurs(self, text: Any = SearchText.text) -> ColumnElement[bool]:
        """Whether it is in the row of `Namespace`, outer-joined with `SearchText`; or its text is looked up (`LOOKED_UP`)."""
        if not self.is_beginning:
            return or_(_contains(Namespace.path_key, self.key), _contains(text, self.key))
        starts = Namespace.path_key.startswith(self.key, autoescape=True, escape="\\")
        return or_(starts, _contains(Namespace.path_key, f"/{self.key}"), _contains(text, self.needle))


def words_of(text: str) -> Sequence[Word]:
    """The words of what somebody looks for."""
    return [Word(path_key(word)) for word in text.split()[:MOST_WORDS]]


@dataclass(frozen=True, slots=True)
class Candidates:
    """A statement that finds numbers of namespaces, each perhaps more than once, and whether they are few. Where they are many,
    another one finds their paths as `path_key`, from which the first can be taken in order."""

    numbers: Any
    are_few: bool
    paths: Any = None


NOTHING = Candidates(select(null()).where(false()), are_few=True)


class SearchIndex:
    """The verbs on the index; whoever makes, renames or describes a namespace calls them in the same transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def candidates(self, words: Sequence[Word]) -> Candidates | None:
        """Among which namespaces those with the words are; None where that could be about all."""
        needles = {number: word.needle for word in words for number in trigrams(word.needle)}
        numbers = list(needles)[:MOST_TRIGRAMS]
        if not numbers:
            return None
        rarest: dict[str, tuple[int, int]] = {}
        for number, found in zip(numbers, self._frequencies(numbers), strict=True):
            if found == 0:
                return NOTHING
            rarest[needles[number]] = min((found, number), rarest.get(needles[number], (found, number)))
        named = [
            (number, needle)
            for needle, (found, number) in sorted(rarest.items(), key=lambda one: one[1])[:MOST_TRIES]
            if found <= MOST_CANDIDATES
        ]
        # A word can be rare in itself and the name of a large group: another one may say more.
        for one in named:
            some = _named(*one).limit(MOST_CANDIDATES + 1).subquery()
            if self._session.execute(select(func.count()).select_from(some)).scalar_one() <= MOST_CANDIDATES:
                return Candidates(_named(*one), are_few=True)
        return Candidates(_named(*named[0]), are_few=False, paths=_named(*named[0], Namespace.path_key)) if named else None

    def enter(self, namespace: Namespace, description: str) -> None:
        """A new namespace."""
        self._enter([(namespace.id, _text(namespace.path_key, description))])

    def follow(self, namespace: Namespace) -> None:
        """A namespace with another name or description."""
        self._session.flush()
        row = self._session.execute(_TEXTS.where(Namespace.id == namespace.id)).one()
        self._change(row.id, row.text, _text(row.path_key, row.description))

    def is_right(self) -> bool:
        """Whether every text is what it follows from. Reads all of them, and holds nobody up."""
        with closing(self._differing()) as differing:
            return next(differing, None) is None

    def repair(self) -> int:
        """Put right what differs from names and descriptions: so many of them."""
        differing = list(self._differing())
        for some in pieces((number, text) for number, was, text in differing if was is None):
            self._enter(some)
        for number, was, text in differing:
            if was is not None:
                self._change(number, was, text)
        return len(differing)

    def _frequencies(self, numbers: Sequence[int]) -> Sequence[int]:
        """In how many texts each trigram is, counted as far as matters."""
        return list(
            self._session.execute(_counts(len(numbers)), {_trigram(at): number for at, number in enumerate(numbers)}).one()
        )

    def _differing(self) -> Generator[tuple[int, str | None, str], None, None]:
        with streamed(self._session, _TEXTS) as rows:
            for row in rows:
                text = _text(row.path_key, row.description)
                if row.text != text:
                    yield row.id, row.text, text

    def _enter(self, texts: Sequence[tuple[int, str]]) -> None:
        self._session.execute(insert(SearchText), [{"namespace_id": number, "text": text} for number, text in texts])
        rows = [{"trigram": trigram, "namespace_id": number} for number, text in texts for trigram in trigrams(text)]
        self._session.execute(insert(SearchTrigram), rows)

    def _change(self, number: int, was: str | None, text: str) -> None:
        if was is None:
            self._enter([(number, text)])
            return
        self._session.execute(update(SearchText).where(SearchText.namespace_id == number).values(text=text))
        before, now = set(trigrams(was)), set(trigrams(text))
        of_it = SearchTrigram.namespace_id == number
        for some in pieces(sorted(before - now)):
            self._session.execute(delete(SearchTrigram).where(of_it, SearchTrigram.trigram.in_(some)))
        if rows := [{"trigram": trigram, "namespace_id": number} for trigram in sorted(now - before)]:
            self._session.execute(insert(SearchTrigram), rows)


# Built once for each number of trigrams: putting it together costs more than running it.
@lru_cache(maxsize=MOST_TRIGRAMS)
def _counts(how_many: int) -> Any:
    """A statement that counts the texts of each of so many trigrams, as far as matters."""
    some = (
        select(SearchTrigram.namespace_id).where(SearchTrigram.trigram == bindparam(_trigram(at))).limit(MOST_CANDIDATES + 1)
        for at in range(how_many)
    )
    return select(*(select(func.count()).select_from(one.subquery()).scalar_subquery() for one in some))


def _trigram(at: int) -> str:
    return f"trigram_{at}"


def _named(trigram: int, needle: str, column: Any = Namespace.id) -> Any:
    """A column of the namespaces that could have this in their text, and of all that is below groups that have it in their
    paths."""
    having = select(SearchTrigram.namespace_id).where(SearchTrigram.trigram == trigram)
    groups = made_once(
        select(Namespace.path_key)
        .join(Group, Group.namespace_id == Namespace.id)
        .where(Namespace.id.in_(having), _contains(Namespace.path_key, needle.lstrip("\n"))),
        "groups_named",
    )
    within = select(column).join(
        groups, (Namespace.path_key > groups.c.path_key + "/") & (Namespace.path_key < groups.c.path_key + "0")
    )
    if column is not Namespace.id:
        return union_all(select(column).where(Namespace.id.in_(having)), within)
    return select(made_once(union_all(having, within), "named").c.namespace_id)


def _contains(column: Any, text: str) -> ColumnElement[bool]:
    found: ColumnElement[bool] = column.contains(text, autoescape=True, escape="\\")
    return found


def _text(key: str, description: str) -> str:
    """Two line ends begin it, so that a trigram says how a name begins."""
    return f"\n\n{key.rpartition('/')[2]}\n\n{path_key(description)}"
