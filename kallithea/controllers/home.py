"""The list of repositories."""

from __future__ import annotations

from dataclasses import dataclass

from kallithea.controllers.base import Room
from kallithea.controllers.exposing import Visitor, page
from kallithea.lib.errors import Invalid
from kallithea.lib.vcs import CommitId, Kind
from kallithea.model import COPY_FAILED, COPYING
from kallithea.pages.home import FOLLOWED_SHOWN, HomePage, home_page
from kallithea.pages.listing import Found, LastChange, RepositoryItem
from kallithea.services.access.listing import Listing, ListingFilter, RepositoryLine
from kallithea.services.actors import Member
from kallithea.services.keysets import Start

LAST_PAGE = 100_000
COPIES = {COPYING: "being copied", COPY_FAILED: "could not be copied"}
"""What lists say of forks that are not there yet."""


@dataclass(frozen=True, slots=True)
class ListingQuery:
    """Which repositories, and which page of them (from 1): behind the path `after`, or before the path `before`."""

    filter: str = ""
    kind: str = ""
    page: int = 1
    after: str = ""
    before: str = ""


class HomeRoom(Room):
    @page(requires=Visitor.ANYONE)
    def index(self) -> HomePage:
        query = self.query(ListingQuery)
        found = find(self.scope.listing, query, below="", size=self.visit.settings.page_size)
        actor = self.scope.actor
        is_first = query == ListingQuery()
        return home_page(
            self.visit.urls,
            found,
            is_signed_in=isinstance(actor, Member),
            may_create=isinstance(actor, Member),
            followed=self._followed(actor) if is_first and isinstance(actor, Member) else (),
        )

    def _followed(self, member: Member) -> list[RepositoryItem]:
        wanted = ListingFilter(followed_by=member.id)
        return [item_of(line) for line in self.scope.listing.repositories(wanted, limit=FOLLOWED_SHOWN + 1).lines]


def find(listing: Listing, query: ListingQuery, *, below: str, size: int) -> Found:
    """One page of the repositories below a group, or of all."""
    if query.kind and query.kind not in (kind.value for kind in Kind):
        raise Invalid("The kind is hg or git.")
    kind = Kind(query.kind) if query.kind else None
    start = Start(query.after or None, query.before or None)
    return found_at(listing, ListingFilter(query.filter, kind, below), page=query.page, start=start, size=size)


def found_at(listing: Listing, wanted: ListingFilter, *, page: int, size: int, start: Start[str] = Start()) -> Found:
    """One page of a list: where `start` says, else behind the pages before it. Raises Invalid for a page that no list has."""
    if not 1 <= page <= LAST_PAGE:
        raise Invalid("There is no such page.")
    offset = (page - 1) * size if start == Start() else 0
    listed = listing.repositories(wanted, start=start, offset=offset, limit=size)
    return Found(
        items=[item_of(line) for line in listed.lines],
        total=listed.total,
        page=page,
        page_size=size,
        filter_text=wanted.text,
        kind=wanted.kind,
        is_beginning=page == 1 and start == Start(),
    )


def item_of(line: RepositoryLine) -> RepositoryItem:
    """A repository of a list, as pages take it."""
    change = None
    if line.tip_id is not None and line.tip_at is not None:
        change = LastChange(line.tip_summary or "", line.tip_at, CommitId(line.tip_id))
    return RepositoryItem(line.path, line.description, line.kind, line.is_private, change, COPIES.get(line.state, ""))
