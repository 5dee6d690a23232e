"""Who may work now and who waits, so that clones and crawlers never keep signed-in people from their pages.

A process answers as many requests at once as its server has threads, so threads are what is shared out:

* members' pages go first, and a part of the threads is left for nothing else;
* visitors' pages are built a few at a time, the costly ones apart from the others, and each network has a budget for them;
* transfers have half of the threads, those of visitors half of that, and no client and no repository all of it.

Who is a member is known from the session or the password, checked in the database before; a cookie alone opens nothing.
"""

from __future__ import annotations

import os
from collections.abc import Hashable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

from kallithea.lib.errors import TooManyAttempts, Unavailable
from kallithea.lib.places import NoPlace, Place, Places, Share
from kallithea.lib.trace import happened
from kallithea.lib.vcs import Kind
from kallithea.services.actors import Actor, Anonymous, Member, Origin
from kallithea.services.budgets import Budgets, Price
from kallithea.services.throttle import network_of

USUAL_THREADS = 32
"""What the generated configuration gives a process."""


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds of waiting."""

    transfer: float = 30.0
    """hg and git do not try again by themselves, but proxies in front give up at some time."""
    visitor: float = 10.0
    member: float = 0.25
    """Then a member's page is built beside the others: slower, but refused never."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How the threads of one process are shared out; `waiting` is how many may wait, in addition to those at work."""

    transfers: int
    transfers_waiting: int
    visitor_transfers: int
    one_client: int
    one_repository: int
    hg_transfers: int
    pages: int
    visitor_pages: int
    visitor_pages_waiting: int
    costly_pages: int
    costly_pages_waiting: int

    @classmethod
    def of(cls, *, threads: int, cores: int | None = None, hg_helpers: int | None = None) -> Limits:
        """The limits for a process with so many threads: half of them for transfers, an eighth for members alone.

        Servers with thousands of light threads carry no more transfers than the machine can feed.
        """
        cores = cores or os.cpu_count() or 1
        transfers = max(1, min(threads * 3 // 8, 16 * cores))
        pages = max(2, cores) + 1
        visitor_pages = max(1, cores // 2)
        costly_pages = max(1, cores // 4)
        return cls(
            transfers=transfers,
            transfers_waiting=min(threads // 8, transfers),
            visitor_transfers=max(1, transfers // 2),
            one_client=max(1, transfers // 2),
            one_repository=max(1, transfers * 3 // 4),
            hg_transfers=hg_helpers or transfers,
            pages=pages,
            visitor_pages=visitor_pages,
            visitor_pages_waiting=max(0, threads // 4 - visitor_pages),
            costly_pages=costly_pages,
            costly_pages_waiting=max(0, threads // 8 - costly_pages),
        )


class Admission:
    """Gives out the places of one process."""

    def __init__(self, limits: Limits, patience: Patience = Patience(), *, visitor_budget: int = 0) -> None:
        """`visitor_budget` is what each network of visitors may spend on pages in a minute; 0: as much as it likes."""
        self.limits = limits
        self._budgets = Budgets(visitor_budget)
        self._patience = patience
        self._transfers = Places()
        self._pages = Places()
        self._all_transfers = Share("transfers", limits.transfers, limits.transfers_waiting)
        self._visitor_transfers = Share("visitors", limits.visitor_transfers, max(1, limits.transfers_waiting // 2))
        self._hg = Share("hg", limits.hg_transfers)
        self._visitor_hg = Share("visitors of hg", max(1, limits.hg_transfers // 2))
        self._all_pages = Share("pages", limits.pages)
        self._visitor_pages = Share("visitors", limits.visitor_pages, limits.visitor_pages_waiting)
        self._costly_pages = Share("costly", limits.costly_pages, limits.costly_pages_waiting)

    @property
    def transfers_running(self) -> int:
        return self._transfers.taken("transfers")

    @property
    def transfers_waiting(self) -> int:
        return self._transfers.awaited("transfers")

    @property
    def pages_at_work(self) -> int:
        return self._pages.taken("pages")

    def transfer(self, actor: Actor, origin: Origin, *, repository: int, kind: Kind | None = None) -> Place:
        """A place for a transfer, to be left at its end; `kind` says whose helper processes work for it, if any do.

        Raises Unavailable where too many transfers wait or one waited too long, TooManyAttempts where it is the client's own
        ones that are too many.
        """
        is_visitor = isinstance(actor, Anonymous)
        own = self._own(actor, origin)
        shares = [own, Share(("repository", repository), self.limits.one_repository), self._all_transfers]
        if is_visitor:
            shares.append(self._visitor_transfers)
        if kind is Kind.HG:
            shares += [self._hg, self._visitor_hg] if is_visitor else [self._hg]
        try:
            return self._transfers.take(shares, is_urgent=not is_visitor, patience=self._patience.transfer)
        except NoPlace as error:
            if error.share is own:
                raise TooManyAttempts(
                    "Too many of your own transfers are running.", hint="Wait for one of them to end.", wait=10
                ) from None
            raise Unavailable("The server is busy with other transfers.", hint="Try again in a moment.") from None

    def charge(self, actor: Actor, origin: Origin, price: Price) -> None:
        """Take the price of a page that has to be made from the budget of a visitor. Raises TooManyAttempts."""
        if isinstance(actor, Anonymous):
            self._budgets.charge(origin.address, price)

    def page(self, actor: Actor, *, costly: bool, changes: bool = False) -> AbstractContextManager[object]:
        """Around the building of a page. Raises Unavailable for visitors where too many of them are there already.

        What a member changes is not held up: it has a transaction open, for which others may be waiting.
        """
        if isinstance(actor, Anonymous):
            share = self._costly_pages if costly else self._visitor_pages
            try:
                return self._pages.take([self._all_pages, share], patience=self._patience.visitor)
            except NoPlace:
                happened("page refused", "crowd")
                raise Unavailable(
                    "The server is busy with the pages of other visitors.",
                    hint="Try again in a few seconds. Who is signed in goes first.",
                ) from None
        if changes:
            return nullcontext()
        try:
            return self._pages.take([self._all_pages], is_urgent=True, patience=self._patience.member)
        except NoPlace:
            return nullcontext()

    def _own(self, actor: Actor, origin: Origin) -> Share:
        limit = self.limits.one_client
        at_once = max(1, limit // 2) if isinstance(actor, Anonymous) else limit
        return Share(("client", _client(actor, origin)), at_once, max(1, self.limits.transfers_waiting // 2))


def _client(actor: Actor, origin: Origin) -> Hashable:
    """Who a transfer belongs to: the account, or for visitors the network that one of them has at hand."""
    return actor.id if isinstance(actor, Member) else network_of(origin.address)
