"""Languages by the names of files are those that Pygments itself finds."""

from __future__ import annotations

import re

import pytest
from pygments.lexers import find_lexer_class_for_filename, get_all_lexers

from kallithea.lib.lexer_names import lexer_by_name

NAMES = [
    "",
    ".",
    "..",
    "a",
    "a.py",
    "src/a.py",
    "A.PY",
    "Makefile",
    "makefile.am",
    "GNUmakefile.in",
    "x.tar.gz",
    "a.b.c.h",
    "*.py",
]


def samples(pattern: str) -> list[str]:
    """Names that a pattern takes, and some that it may not."""
    plain = re.sub(r"\[(.)[^]]*\]", r"\1", pattern)
    return [plain.replace("*", filling) for filling in ("a", "some.name", "")] + [plain.replace("*", "b") + "x"]


def pygments_says(name: str) -> str | None:
    found = find_lexer_class_for_filename(name)
    return str(found.aliases[0]) if found is not None and found.aliases else None


@pytest.mark.parametrize("name", NAMES)
def test_hand_written_names_have_the_language_that_pygments_finds(name: str) -> None:
    assert lexer_by_name(name) == pygments_says(name)


def test_every_pattern_of_pygments_leads_to_the_language_that_it_finds_itself() -> None:
    names = {name for _, _, patterns, _ in get_all_lexers(plugins=False) for pattern in patterns for name in samples(pattern)}
    assert len(names) > 2000
    assert {name: lexer_by_name(name) for name in names} == {name: pygments_says(name) for name in names}
