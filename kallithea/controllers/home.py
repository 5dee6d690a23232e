"""The list of repositories."""

from __future__ import annotations

from dataclasses import dataclass

from kallithea.controllers.base import Room
from kallithea.controllers.exposing import Visitor, page
from kallithea.lib.errors import Invalid
from kallithea.lib.vcs import CommitId, Kind
from kallithea.pages.home import HomePage, home_page
from kallithea.pages.listing import Found, LastChange, RepositoryItem
from kallithea.services.access.listing import Listing, ListingFilter, RepositoryLine
from kallithea.services.actors import Member

LAST_PAGE = 100_000


@dataclass(frozen=True, slots=True)
class ListingQuery:
    """Which repositories, and which page of them (from 1)."""

    filter: str = ""
    kind: str = ""
    page: int = 1


class HomeRoom(Room):
    @page(requires=Visitor.ANYONE)
    def index(self) -> HomePage:
        found = find(self.scope.listing, self.query(ListingQuery), below="", size=self.visit.settings.page_size)
        is_member = isinstance(self.scope.actor, Member)
        return home_page(self.visit.urls, found, is_signed_in=is_member, may_create=is_member)


def find(listing: Listing, query: ListingQuery, *, below: str, size: int) -> Found:
    """One page of the repositories below a group, or of all."""
    if not 1 <= query.page <= LAST_PAGE:
        raise Invalid("There is no such page.")
    if query.kind and query.kind not in (kind.value for kind in Kind):
        raise Invalid("The kind is hg or git.")
    kind = Kind(query.kind) if query.kind else None
    wanted = ListingFilter(query.filter, kind, below)
    lines = listing.repositories(wanted, offset=(query.page - 1) * size, limit=size)
    return Found(
        items=[_item(line) for line in lines],
        total=listing.count(wanted),
        page=query.page,
        page_size=size,
        filter_text=query.filter,
        kind=kind,
    )


def _item(line: RepositoryLine) -> RepositoryItem:
    change = None
    if line.tip_id is not None and line.tip_at is not None:
        change = LastChange(line.tip_summary or "", line.tip_at, CommitId(line.tip_id))
    return RepositoryItem(line.path, line.description, line.kind, line.is_private, change)
