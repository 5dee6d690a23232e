"""What pages cost visitors: each network has a budget that fills again with time, so that one crawler cannot have it all.

Pages that are remembered cost nothing, as they cost the server next to nothing; what has to be made costs its price. Members
have no budget: they are known, and few.
"""

from __future__ import annotations

import ipaddress
import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from enum import IntEnum

from kallithea.lib.errors import TooManyAttempts
from kallithea.lib.trace import happened

NEIGHBOURS = 4
"""How many times the budget of one network those around it have together: crawlers often have a whole block of addresses."""
NETWORKS = 10_000
"""How many are remembered, about 2 MB; who was not seen for longest is forgotten first, and has a full budget again."""


class Price(IntEnum):
    """What a page costs that has to be made."""

    FREE = 0
    USUAL = 1
    COSTLY = 5


class Budgets:
    """The budgets of all networks in this process; safe to share between threads."""

    def __init__(self, per_minute: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        """`per_minute` is what a network may spend in a minute, and at most at once; 0: as much as it likes."""
        self._per_minute = per_minute
        self._clock = clock
        self._lock = threading.Lock()
        # What was left in a budget, and when.
        self._left: OrderedDict[Hashable, tuple[float, float]] = OrderedDict()

    def charge(self, address: str, price: int) -> None:
        """Take the price of a page from the budgets of who asks for it. Raises TooManyAttempts where too little is left."""
        if not (self._per_minute and price):
            return
        budgets = {network: self._per_minute * times for network, times in networks_of(address).items()}
        with self._lock:
            now = self._clock()
            left = {network: self._now_in(network, size, now) for network, size in budgets.items()}
            wait = max((60 * (price - left[network]) / size for network, size in budgets.items()), default=0.0)
            if wait <= 0:
                for network in budgets:
                    self._left[network] = left[network] - price, now
                    self._left.move_to_end(network)
                while len(self._left) > NETWORKS:
                    self._left.popitem(last=False)
                return
        happened("page refused", "budget")
        seconds = math.ceil(wait)
        raise TooManyAttempts(
            "Many pages were made for visitors of your network within a minute.",
            hint=f"Who is signed in has no limit. Or go on in {seconds} second{'s' if seconds > 1 else ''}.",
            wait=seconds,
        )

    def _now_in(self, network: Hashable, size: int, now: float) -> float:
        left, at = self._left.get(network, (float(size), now))
        return min(float(size), left + (now - at) * size / 60)

    def __len__(self) -> int:
        return len(self._left)


def networks_of(address: str) -> dict[Hashable, int]:
    """The networks that an address is part of, with how many budgets each has: what one person has, and what is around that.

    An IPv4 address and its /24, an IPv6 /64 and its /48. Nothing for this machine itself, and for what is no address: then a
    proxy does not say for whom it asks, and all its visitors would be one.
    """
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return {}
    if ip.version == 6 and ip.ipv4_mapped is not None:
        ip = ip.ipv4_mapped
    if ip.is_loopback:
        return {}
    own, around = (32, 24) if ip.version == 4 else (64, 48)
    return {_network(ip, own): 1, _network(ip, around): NEIGHBOURS}


def _network(ip: ipaddress.IPv4Address | ipaddress.IPv6Address, length: int) -> Hashable:
    # The objects of ipaddress for networks take fifty times as long to make.
    return ip.version, length, int(ip) >> (ip.max_prefixlen - length)
