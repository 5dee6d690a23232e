"""Codes of authenticator apps, as RFC 6238 has them."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from kallithea.lib import totp

SECRET = b"12345678901234567890"
NOW = datetime(2026, 1, 1, 12, 0, 10, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("seconds", "code"),
    # The last six of the eight digits in appendix B.
    [(59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (1234567890, "005924"), (20000000000, "353130")],
)
def test_codes_are_those_of_the_standard(seconds: int, code: str) -> None:
    assert totp.code_at(SECRET, seconds // totp.STEP) == code


@pytest.mark.parametrize(("drift", "fits"), [(-60, False), (-30, True), (0, True), (30, True), (60, False)])
def test_clock_of_a_phone_may_be_half_a_minute_off(drift: int, fits: bool) -> None:
    there = NOW + timedelta(seconds=drift)
    code = totp.code_at(SECRET, int(there.timestamp()) // totp.STEP)

    assert (totp.step_of(SECRET, code, NOW) is not None) is fits


@pytest.mark.parametrize("code", ["", "00000", "0000000", "-00001", "１２３４５６", "abcdef", "\ud800"])
def test_what_is_no_code_fits_never(code: str) -> None:
    assert totp.step_of(SECRET, code, NOW) is None


def test_address_has_the_secret_as_it_is_shown_and_no_second_colon() -> None:
    parts = urlsplit(totp.address(SECRET, account="ann", issuer="Our: House & Co"))

    given = {name: values[0] for name, values in parse_qs(parts.query).items()}
    assert given == {"secret": totp.shown(SECRET).replace(" ", ""), "issuer": "Our: House & Co"}
    assert unquote(parts.path) == "/Our  House & Co:ann"


def test_secrets_are_long_and_never_the_same() -> None:
    assert len({totp.new_secret() for _ in range(100)}) == 100
    assert len(totp.new_secret()) == 20
