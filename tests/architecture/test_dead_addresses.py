"""Each address that the application can write is one that it writes."""

import re
from pathlib import Path

import pytest

import kallithea
from kallithea.pages.urls import Urls

SOURCES = [path for path in Path(kallithea.__file__).parent.rglob("*") if path.suffix in (".py", ".html")]
TEXT = "\n".join(path.read_text(encoding="utf-8") for path in SOURCES)


@pytest.mark.parametrize("name", sorted(name for name in vars(Urls) if not name.startswith("_")))
def test_an_address_is_used(name: str) -> None:
    assert re.search(rf"\.{name}\b", TEXT), f"nothing writes Urls.{name}: delete it"
