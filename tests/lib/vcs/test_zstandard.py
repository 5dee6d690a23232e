"""tar.zst is offered where it can be made."""

from __future__ import annotations

import pytest

from kallithea.lib.vcs import ArchiveFormat, offered_formats
from kallithea.lib.vcs import zstandard as module


def test_it_is_offered_where_it_is_there() -> None:
    assert offered_formats() == tuple(ArchiveFormat)


def test_it_is_not_offered_where_it_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MODULES", ("no.such", "nothing_of_this_name"))
    module.is_there.cache_clear()
    try:
        assert ArchiveFormat.TAR_ZST not in offered_formats()
    finally:
        module.is_there.cache_clear()
