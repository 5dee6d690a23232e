"""What gpg prints for machines: nothing is good that is not of one signature, by just one key and of a document."""

from __future__ import annotations

import pytest

from kallithea.lib.signing.keys import Outcome, address_in
from kallithea.lib.signing.openpgp import outcome

KEY = "FB745E952670E6747EC0A83E84E65472C9C00C57"
OTHER = "0" * 40


def valid(key: str = KEY, of: str = "00") -> str:
    return f"[GNUPG:] VALIDSIG {OTHER} 2026-11-22 1795324905 0 4 0 22 8 {of} {key}\n"


GOOD = f"[GNUPG:] NEWSIG\n[GNUPG:] GOODSIG {KEY[-16:]} Ann\n{valid()}"


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (GOOD, Outcome.GOOD),
        (GOOD.replace("GOODSIG", "EXPKEYSIG"), Outcome.EXPIRED),
        (GOOD.replace("GOODSIG", "EXPSIG"), Outcome.EXPIRED),
        (GOOD.replace("GOODSIG", "REVKEYSIG"), Outcome.REVOKED),
        (f"[GNUPG:] NEWSIG\n[GNUPG:] BADSIG {KEY[-16:]} Ann\n", Outcome.BAD),
        (f"[GNUPG:] NEWSIG\n[GNUPG:] ERRSIG {KEY[-16:]} 22 8 00 1 9 -\n", Outcome.ANOTHER_KEY),
        # attacks
        ("", Outcome.BAD),
        (GOOD * 2, Outcome.BAD),
        (GOOD + "[GNUPG:] BADSIG x y\n", Outcome.BAD),
        (GOOD.replace(valid(), ""), Outcome.BAD),
        (GOOD.replace(valid(), valid(OTHER)), Outcome.BAD),
        (GOOD.replace(valid(), valid(of="13")), Outcome.BAD),
        (GOOD.replace(valid(), valid() * 2), Outcome.BAD),
        (f"[GNUPG:] NEWSIG\n[GNUPG:] BADSIG x [GNUPG:] GOODSIG {KEY}\x0b{valid()}", Outcome.BAD),
        (f"gpg: [GNUPG:] NEWSIG\ngpg: [GNUPG:] GOODSIG x\ngpg: {valid()}", Outcome.BAD),
        (f"[GNUPG:] NEWSIG\n[GNUPG:] GOODSIG x {valid()}", Outcome.BAD),
    ],
)
def test_lines_for_machines_are_read_strictly(status: str, expected: Outcome) -> None:
    assert outcome(status.encode(), KEY) is expected


@pytest.mark.parametrize(
    ("owner", "address"),
    [
        ("Ann <Ann@Example.com>", "ann@example.com"),
        ("ann@example.com", "ann@example.com"),
        ("Ann (at work) <ann@example.com>", "ann@example.com"),
        ("Ann <bob@example.com> <ann@example.com>", ""),
        ("Ann <ann@example.com> x", ""),
        ("Ann", ""),
        ("<" * 100_000, ""),
    ],
)
def test_the_address_of_a_user_id_is_the_one_at_its_end(owner: str, address: str) -> None:
    assert address_in(owner) == address
