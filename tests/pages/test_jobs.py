"""What the page of jobs says of them."""

from __future__ import annotations

from kallithea.jobs.table import KINDS
from kallithea.pages.admin.jobs import WORDS


def test_every_kind_of_job_is_told_in_words() -> None:
    assert set(WORDS) == set(KINDS)
