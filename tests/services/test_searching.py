"""The filter of lists finds words in paths and descriptions, and its index stays right whatever is done."""

from __future__ import annotations

import pytest
from sqlalchemy import func, or_, select

from kallithea.lib.names import path_key
from kallithea.model import Namespace, SearchText, SearchTrigram
from kallithea.services import searching
from kallithea.services.access.listing import ListingFilter
from kallithea.services.actors import Member
from kallithea.services.repositories import NewRepository
from kallithea.services.searching import NOTHING, SearchIndex, words_of
from tests.services.conftest import Ledger

THINGS = {
    "web/shop/cart": "Where things are put",
    "web/shop/till": "Straße und MÄRKTE",
    "web/site": "and/or",
    "Werkzeuge/säge": "",
    "кухня/Нож": "Для ХЛЕБА",
    "文档/中文文档": "说明书",
    "a/b": "50% off_by\\one",
}

TEXTS = (
    "shop", "SHOP cart", "hop/ca", "shop/till strasse", "märkte", "STRASSE", "und/oder", "and/or", "хлеба", "кухня нож", "中文",
    "文档", "we", "w", "ca", "ut", "/", "b/s", "a/b", "b/", "50%", "off_by\\one", "off-by", "%", "_", "nowhere", "site nowhere",
    "things put", "s", "sä", "säg",
)  # fmt: skip


@pytest.fixture(name="house")
def _house(ledger: Ledger, admin: Member) -> Ledger:
    for path, description in THINGS.items():
        with ledger.app.system_scope() as scope:
            new = NewRepository(path, "git", description=description)
            scope.repositories.create(new, owner=scope.accounts.get(admin.id))
    return ledger


def is_right(ledger: Ledger) -> bool:
    """Whether texts are what they follow from, and trigrams what texts say."""
    with ledger.app.session() as session:
        texts = {row.namespace_id: row.text for row in session.scalars(select(SearchText))}
        kept = {(row.trigram, row.namespace_id) for row in session.scalars(select(SearchTrigram))}
        expected = {(trigram, number) for number, text in texts.items() for trigram in searching.trigrams(text)}
        return SearchIndex(session).is_right() and kept == expected


def found(ledger: Ledger, member: Member, text: str) -> set[str]:
    with ledger.scope_of(member) as scope:
        return {line.path for line in scope.listing.repositories(ListingFilter(text)).lines}


def matching(text: str) -> set[str]:
    """What ought to be found: said once more, without an index."""

    def occurs(word: str, path: str, description: str) -> bool:
        if len(word) < 3 and word.isascii() and "/" not in word:
            return f"/{word}" in f"/{path}" or description.startswith(word)
        return word in path or word in description

    keys = {path: (path_key(path), path_key(description)) for path, description in THINGS.items()}
    return {path for path, key in keys.items() if all(occurs(path_key(word), *key) for word in text.split())}


@pytest.mark.parametrize("most", [2000, 2, 0])
def test_the_filter_finds_words_of_every_writing(
    house: Ledger, admin: Member, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr(searching, "MOST_CANDIDATES", most)
    assert {text: found(house, admin, text) for text in TEXTS} == {text: matching(text) for text in TEXTS}


def test_the_index_follows_whatever_is_done(house: Ledger, admin: Member) -> None:
    assert is_right(house)
    with house.app.system_scope() as scope:
        group = scope.access.administer_group(scope.access.at("web/shop"))
        scope.groups.describe(group, "All of the market")
        scope.groups.rename(group, "market/stall")
        repository = scope.access.administer_repository(scope.access.at("web/site"))
        scope.repositories.describe(repository, description="Pages", is_private=None)
        scope.repositories.rename(repository, "pages/front")
        scope.repositories.delete(scope.access.administer_repository(scope.access.at("a/b")))
        parent = scope.access.read_repository(scope.access.at("market/stall/till"))
        owner = scope.accounts.get(admin.id)
        scope.repositories.create_fork(parent, NewRepository("fork", "git", description="Of mine"), owner=owner)
        scope.groups.create("empty/of-all", owner=owner, description="Nothing yet")

    assert is_right(house)
    assert found(house, admin, "stall") == {"market/stall/cart", "market/stall/till"}
    assert found(house, admin, "web") == set()
    assert found(house, admin, "pages") == {"pages/front"}
    assert found(house, admin, "mine") == {"fork"}


def test_the_same_name_twice_changes_nothing(house: Ledger) -> None:
    def entries() -> int | None:
        with house.app.session() as session:
            return session.scalar(select(func.count()).select_from(SearchTrigram))

    before = entries()
    with house.app.system_scope() as scope:
        repository = scope.access.administer_repository(scope.access.at("web/site"))
        scope.repositories.describe(repository, description=THINGS["web/site"], is_private=None)
    assert entries() == before


def test_a_word_that_is_everywhere_is_left_to_walking(house: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searching, "MOST_CANDIDATES", 0)
    with house.app.session() as session:
        index = SearchIndex(session)
        assert index.candidates(words_of("web")) is None
        assert index.candidates(words_of("web nowhere")) is NOTHING
        assert index.candidates(words_of("中")) is None


def test_what_is_below_a_group_of_a_rare_name_is_found_by_a_statement(house: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searching, "MOST_CANDIDATES", 2)
    with house.app.session() as session:
        index = SearchIndex(session)
        many, few = index.candidates(words_of("web")), index.candidates(words_of("web till"))
        assert many is not None
        assert few is not None
        assert [many.are_few, few.are_few] == [False, True]
        below = select(Namespace.id).where(or_(Namespace.path_key == "web", Namespace.path_key.startswith("web/")))
        assert set(session.scalars(below)) <= set(session.scalars(many.numbers))
        assert len(session.scalars(few.numbers).all()) == 1
