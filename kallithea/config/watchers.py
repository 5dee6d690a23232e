"""Who may see more than whether the server works: the listed addresses, and nobody who came through an unknown proxy."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from typing import Any

from kallithea.config.proxies import UNIX, Network, Trusted

ARRIVAL = "kallithea.arrival"
"""Where the environment keeps from which address a request arrived, and whether it says that a proxy sent it on."""
_SENT_ON = ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_VIA", "HTTP_X_REAL_IP", "HTTP_X_FORWARDED_HOST")


def note_arrival(environ: dict[str, Any]) -> None:
    """Keep how a request arrived, before anything that proxies say is believed."""
    environ[ARRIVAL] = environ.get("REMOTE_ADDR", ""), any(name in environ for name in _SENT_ON)


class Watchers:
    """Tells those who watch this server from strangers, by address."""

    def __init__(self, listed: Sequence[Network], proxies: Sequence[Trusted]) -> None:
        self._listed = tuple(listed)
        self._proxies = tuple(proxies)

    def include(self, environ: dict[str, Any]) -> bool:
        """Whether a request comes from a listed address.

        A proxy that is not in `trusted_proxies` makes everybody look as if they came from its own address, which is often that
        of this machine; so what it sent on is a stranger's.
        """
        arrived_from, was_sent_on = environ.get(ARRIVAL, ("", True))
        if was_sent_on and not is_listed_proxy(arrived_from, self._proxies):
            return False
        return within(environ.get("REMOTE_ADDR", ""), self._listed)


def is_listed_proxy(peer: str, proxies: Sequence[Trusted]) -> bool:
    """Whether whoever asks us directly is a proxy that is believed."""
    networks = [entry for entry in proxies if not isinstance(entry, str)]
    # Clients at a unix socket have no address.
    return within(peer, networks) or (UNIX in proxies and _address(peer) is None)


def within(text: str, networks: Sequence[Network]) -> bool:
    """Whether a text is an address in one of the networks."""
    address = _address(text)
    return address is not None and any(address in network for network in networks)


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    if address.version == 6 and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address
