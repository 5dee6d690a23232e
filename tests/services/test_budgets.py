"""What visitors may spend: each network its own, filling again with time, in bounded memory."""

from __future__ import annotations

import ipaddress

import pytest

from kallithea.lib.errors import TooManyAttempts
from kallithea.services.budgets import NEIGHBOURS, NETWORKS, Budgets, Price

ONE = "192.0.2.1"


class Hand:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(name="clock")
def _clock() -> Hand:
    return Hand()


@pytest.fixture(name="budgets")
def _budgets(clock: Hand) -> Budgets:
    """Sixty in a minute, so one each second."""
    return Budgets(60, clock=clock)


def spend(budgets: Budgets, address: str, number: int, price: int = Price.USUAL) -> None:
    for _ in range(number):
        budgets.charge(address, price)


def wait_of(budgets: Budgets, address: str, price: int = Price.USUAL) -> int:
    with pytest.raises(TooManyAttempts) as caught:
        budgets.charge(address, price)
    return caught.value.wait


def test_all_of_a_minute_may_be_spent_at_once(budgets: Budgets) -> None:
    spend(budgets, ONE, 60)

    assert wait_of(budgets, ONE) == 1


def test_costly_pages_count_more(budgets: Budgets) -> None:
    spend(budgets, ONE, 60 // Price.COSTLY, Price.COSTLY)

    assert wait_of(budgets, ONE, Price.COSTLY) == Price.COSTLY


def test_whoever_waits_as_long_as_was_said_may_go_on(budgets: Budgets, clock: Hand) -> None:
    spend(budgets, ONE, 60)
    clock.now += wait_of(budgets, ONE, Price.COSTLY)

    budgets.charge(ONE, Price.COSTLY)


def test_being_refused_costs_nothing(budgets: Budgets, clock: Hand) -> None:
    spend(budgets, ONE, 60)
    for _ in range(100):
        wait_of(budgets, ONE)
    clock.now += 1

    budgets.charge(ONE, Price.USUAL)


def test_cheap_pages_go_on_where_costly_ones_are_refused(budgets: Budgets) -> None:
    spend(budgets, ONE, 58)
    wait_of(budgets, ONE, Price.COSTLY)

    budgets.charge(ONE, Price.USUAL)


def test_nobody_saves_more_than_a_minute(budgets: Budgets, clock: Hand) -> None:
    budgets.charge(ONE, Price.USUAL)
    clock.now += 3600
    spend(budgets, ONE, 60)

    assert wait_of(budgets, ONE) == 1


def test_one_network_does_not_spend_what_is_anothers(budgets: Budgets) -> None:
    spend(budgets, ONE, 60)

    budgets.charge("198.51.100.1", Price.COSTLY)


@pytest.mark.parametrize("other", ["::ffff:192.0.2.1", "192.0.2.1"])
def test_an_address_is_one_however_it_is_written(budgets: Budgets, other: str) -> None:
    spend(budgets, ONE, 60)

    assert wait_of(budgets, other) == 1


def test_all_addresses_of_an_ipv6_network_are_one(budgets: Budgets) -> None:
    for number in range(60):
        budgets.charge(f"2001:db8:0:1::{number:x}", Price.USUAL)

    assert wait_of(budgets, "2001:db8:0:1:ffff::1") == 1


@pytest.mark.parametrize("pattern", ["192.0.2.{}", "2001:db8:0:{}::1"])
def test_a_block_of_addresses_has_the_budget_of_a_few(budgets: Budgets, pattern: str) -> None:
    for number in range(NEIGHBOURS):
        spend(budgets, pattern.format(number), 60)

    assert wait_of(budgets, pattern.format(NEIGHBOURS)) == 1


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.9.1", "::1", "::ffff:127.0.0.1", "", "unix:", "unknown"])
def test_what_stands_for_everybody_has_no_budget(budgets: Budgets, address: str) -> None:
    spend(budgets, address, 1000, Price.COSTLY)

    assert len(budgets) == 0


def test_no_budget_is_no_limit() -> None:
    spend(Budgets(0), ONE, 10_000, Price.COSTLY)


def test_what_is_free_is_never_refused(budgets: Budgets) -> None:
    spend(budgets, ONE, 60)

    budgets.charge(ONE, Price.FREE)


def test_memory_is_bounded_whoever_comes(budgets: Budgets) -> None:
    first = int(ipaddress.IPv6Address("2001:db8::"))
    for number in range(NETWORKS):
        budgets.charge(str(ipaddress.IPv6Address(first + (number << 80))), Price.USUAL)

    assert len(budgets) == NETWORKS
