"""What is removed from the folder of what can be made again."""

from __future__ import annotations

import os
import threading
import time
from datetime import timedelta
from pathlib import Path

from kallithea.jobs.cleaning import UNUSED_FOR, _remove_unused
from kallithea.jobs.table import KINDS
from kallithea.lib.access import Access
from kallithea.services.actors import Member
from kallithea.services.jobs import Claim
from kallithea.services.tokens import NewToken
from tests.services.conftest import Ledger


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


def test_tokens_that_expired_a_week_ago_are_deleted(ledger: Ledger, admin: Member) -> None:
    with ledger.app.system_scope() as scope:
        for days in (1, 2, 30):
            scope.tokens.create(admin, NewToken(f"{days}", Access.READ, lifetime=timedelta(days=days)))
    ledger.clock.advance(days=8)

    told = KINDS["clean-tokens"].run(ledger.app.job_tools(), Claim(0, "clean-tokens", 1, 1, "a test"), threading.Event())

    assert told == "1 expired tokens deleted"
    with ledger.app.system_scope() as scope:
        assert [token.name for token in scope.tokens.of(admin)] == ["30", "2"]
