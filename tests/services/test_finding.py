"""Finding files by parts of their names."""

from __future__ import annotations

import pytest

from kallithea.lib.vcs import FilePath
from kallithea.services.finding import matching

PATHS = [
    FilePath(name.encode()) for name in ("README.md", "shop/basket.py", "shop/old/basket_test.py", "basket/list.py", "Ünder")
]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("readme", ["README.md"]),
        ("basket", ["shop/basket.py", "shop/old/basket_test.py", "basket/list.py"]),
        ("shop py", ["shop/basket.py", "shop/old/basket_test.py"]),
        ("sbpy", ["shop/basket.py", "shop/old/basket_test.py"]),
        ("ünder", ["Ünder"]),
        (".*", []),
    ],
)
def test_names_come_before_folders_and_words_before_letters(wanted: str, found: list[str]) -> None:
    assert [path.text for path in matching(PATHS, wanted)] == found


def test_nothing_wanted_gives_the_first_files() -> None:
    assert matching(PATHS, " ", limit=2) == tuple(PATHS[:2])


def test_letters_that_fit_in_countless_ways_cost_one_pass() -> None:
    assert matching([FilePath(b"a" * 4000)] * 50, "a" * 150 + " b") == ()
