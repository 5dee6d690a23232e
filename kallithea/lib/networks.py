"""Lists of networks from which somebody may come: IPv4 and IPv6, a network a line."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from kallithea.lib.errors import Invalid

MOST_NETWORKS = 200
LONGEST_LINE = 64
"""Characters; the longest network there is has 43."""
MAPPED = ip_network("::ffff:0:0/96")
"""Where IPv6 keeps IPv4 (RFC 4291, section 2.5.5.2): servers that listen for both see clients of IPv4 there."""

Network = IPv4Network | IPv6Network


def is_listed(address: str, networks: str) -> bool:
    """Whether an address is in one of the networks. An empty list has everything, and what is no address is in no other one."""
    if not networks:
        return True
    try:
        found = ip_address(address)
    except ValueError:
        return False
    if isinstance(found, IPv6Address):
        # A zone (`fe80::1%eth0`) is a name of this machine's, not a part of the address.
        found = found.ipv4_mapped or IPv6Address(int(found))
    return any(_holds(network, found) for network in _read(networks))


def network_list(text: str, *, field: str) -> str:
    """What people typed as it is kept, without lines that say the same twice. Raises Invalid with the line and the reason."""
    lines = [line.strip() for line in text.replace(",", "\n").splitlines() if line.strip()]
    if len(lines) > MOST_NETWORKS:
        reason = f"A list has at most {MOST_NETWORKS} networks."
        raise Invalid(reason, fields={field: reason})
    return "\n".join(dict.fromkeys(str(_network(line, field)) for line in lines))


def _network(line: str, field: str) -> Network:
    reason = f"{line[:LONGEST_LINE]} is no address and no network, such as 192.0.2.0/24 or 2001:db8::/32."
    try:
        # Without its length so that long nonsense costs nothing.
        network = ip_network(line, strict=False) if len(line) <= LONGEST_LINE and "%" not in line else None
    except ValueError:
        network = None
    if network is not None and str(network.network_address) != str(ip_network(line.partition("/")[0]).network_address):
        reason, network = f"{line} begins within a network: write {network}, or the address alone.", None
    if network is None:
        raise Invalid(reason, fields={field: reason})
    return _unmapped(network)


def _unmapped(network: Network) -> Network:
    """The network of IPv4 that one of IPv6 stands for."""
    if isinstance(network, IPv6Network) and network.prefixlen >= MAPPED.prefixlen and network.network_address in MAPPED:
        return IPv4Network((int(network.network_address) & 0xFFFFFFFF, network.prefixlen - MAPPED.prefixlen))
    return network


@lru_cache(maxsize=256)
def _read(networks: str) -> tuple[Network, ...]:
    return tuple(ip_network(line) for line in networks.splitlines())


def _holds(network: Network, address: IPv4Address | IPv6Address) -> bool:
    return network.version == address.version and address in network
