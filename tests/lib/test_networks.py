"""Lists of networks: what they have, and what is no network."""

from __future__ import annotations

from ipaddress import IPv4Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kallithea.lib.errors import Invalid
from kallithea.lib.networks import is_listed, network_list

LIST = network_list("10.0.0.0/8\n2001:db8::/32\n192.0.2.7", field="networks")


@pytest.mark.parametrize(
    "address", ["10.1.2.3", "::ffff:10.1.2.3", "::FFFF:0a01:0203", "2001:db8::1", "2001:db8::1%eth0", "192.0.2.7"]
)
def test_an_address_in_a_network_is_listed(address: str) -> None:
    assert is_listed(address, LIST)


@pytest.mark.parametrize(
    "address",
    [
        "11.1.2.3",
        "192.0.2.8",
        "::ffff:11.1.2.3",
        "::10.1.2.3",
        "2002:a01:203::",
        "2001:db9::1",
        "",
        "unix:",
        "localhost",
        "10.1",
    ],
)
def test_any_other_address_is_not(address: str) -> None:
    assert not is_listed(address, LIST)


def test_an_empty_list_has_everything() -> None:
    assert is_listed("", "")


@pytest.mark.parametrize(
    "typed",
    [
        "10.0.0.5/8",
        "2001:db8::1/32",
        "10.0.0.0/33",
        "010.0.0.1",
        "example.com",
        "10.0.0.1-10.0.0.9",
        "/8",
        "fe80::1%eth0",
        "１0.0.0.1",
        "1" * 10_000,
        "0x0a000001",
    ],
)
def test_what_is_no_network_is_refused_with_the_reason(typed: str) -> None:
    with pytest.raises(Invalid) as refusal:
        network_list(f"192.0.2.0/24\n{typed}", field="networks")
    assert refusal.value.fields["networks"]


def test_too_many_networks_are_refused() -> None:
    with pytest.raises(Invalid):
        network_list("\n".join(f"10.0.{n}.0/24" for n in range(201)), field="networks")


def test_ipv4_within_ipv6_is_kept_as_ipv4() -> None:
    assert network_list("::ffff:192.0.2.0/120, ::ffff:10.0.0.1", field="networks") == "192.0.2.0/24\n10.0.0.1/32"


@given(st.ip_addresses(v=4), st.integers(0, 32))
def test_an_ipv4_address_is_listed_in_each_of_its_networks_however_it_is_written(address: IPv4Address, length: int) -> None:
    mask = (0xFFFFFFFF << (32 - length)) & 0xFFFFFFFF
    networks = network_list(f"{IPv4Address(int(address) & mask)}/{length}", field="networks")

    assert is_listed(str(address), networks)
    assert is_listed(f"::ffff:{address}", networks)
