"""Tags stand by their versions."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kallithea.lib.vcs.objects import CommitId, Ref, RefKind, Refs
from kallithea.lib.vcs.versions import version_key

LINES = [
    ["2.0.dev1", "2.0a1", "2.0b2", "2.0rc1", "2.0rc2", "2.0", "2.0.1", "2.2", "2.9", "2.10rc1", "2.10", "2.10.1", "10.0"],
    ["v1.9.0-alpha.1", "v1.9.0-rc.2", "v1.9.0", "v1.10.0"],
    ["release-9", "release-10", "release-0011"],
    ["20240131", "20240201", "9" * 9000],
]


@pytest.mark.parametrize("versions", LINES)
def test_higher_versions_come_later(versions: list[str]) -> None:
    mixed = random.Random(3).sample(versions, len(versions))

    assert sorted(mixed, key=version_key) == versions


@given(st.lists(st.text()))
def test_any_names_have_an_order(names: list[str]) -> None:
    assert sorted(map(version_key, names)) == sorted(map(version_key, reversed(names)))


def test_pages_show_the_latest_version_first() -> None:
    tags = tuple(Ref(RefKind.TAG, name, CommitId("1" * 40)) for name in ("v1", "v10", "v9"))

    assert [ref.name for ref in Refs((), tags, (), None, "main").latest_tags] == ["v10", "v9", "v1"]
