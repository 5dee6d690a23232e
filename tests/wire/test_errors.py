"""Every error has its answer for hg and git clients."""

from __future__ import annotations

import pytest

from kallithea.lib import errors as lib_errors
from kallithea.lib.errors import Forbidden, KallitheaError, Unauthenticated
from kallithea.lib.vcs import Kind
from kallithea.wire.errors import STATUS, answer, row_of

NAMED = [each for each in vars(lib_errors).values() if isinstance(each, type) and issubclass(each, KallitheaError)]


@pytest.mark.parametrize("error", [each for each in NAMED if each is not KallitheaError])
def test_each_error_has_a_row(error: type[KallitheaError]) -> None:
    assert error in STATUS


def test_a_derived_error_has_the_row_above_it() -> None:
    class NotToday(Forbidden):
        """Another day, maybe."""

    assert row_of(NotToday) is STATUS[Forbidden]


def test_git_reads_the_sentence_in_the_body() -> None:
    told = answer(Forbidden("No.", hint="Ask."), realm="r", kind=Kind.GIT)

    assert (told.status, told.body) == ("403 Forbidden", b"No.\nAsk.\n")
    assert ("Content-Type", "text/plain; charset=utf-8") in told.headers


def test_hg_reads_the_sentence_in_the_status_line() -> None:
    assert answer(Forbidden("No.", hint="Ask."), realm="r", kind=Kind.HG).status == "403 No. Ask."


@pytest.mark.parametrize("message", ["two\nlines", "Zürich\r\nX-Header: 1", "x" * 5000])
def test_a_status_line_is_one_short_line_of_ascii(message: str) -> None:
    status = answer(Forbidden(message), realm="r", kind=Kind.HG).status

    assert len(status) < 250
    assert status.isascii()
    assert status.isprintable()


def test_a_realm_cannot_break_out_of_its_quotes() -> None:
    told = answer(Unauthenticated("x"), realm='My "house"\\\n', kind=None)

    assert ("WWW-Authenticate", 'Basic realm="My \'house\'", charset="UTF-8"') in told.headers
