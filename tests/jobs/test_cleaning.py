"""What is removed from the folder of what can be made again."""

from __future__ import annotations

import os
import time
from pathlib import Path

from kallithea.jobs.cleaning import UNUSED_FOR, _remove_unused


def test_pages_that_nobody_asked_for_in_a_month_are_removed(tmp_path: Path) -> None:
    used, unused = tmp_path / "ab" / "used", tmp_path / "ab" / "unused"
    used.parent.mkdir()
    for path, age in ((used, UNUSED_FOR - 3600), (unused, UNUSED_FOR + 3600)):
        path.write_bytes(b"page")
        os.utime(path, (time.time() - age, time.time() - age))

    assert _remove_unused(tmp_path, time.time()) == 1

    assert [path.name for path in used.parent.iterdir()] == ["used"]


def test_where_no_page_was_kept_there_is_nothing_to_remove(tmp_path: Path) -> None:
    assert _remove_unused(tmp_path / "pages", time.time()) == 0
