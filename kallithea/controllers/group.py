"""The page of a repository group, and what all rooms of one share."""

from __future__ import annotations

from kallithea.controllers.base import Room
from kallithea.controllers.exposing import Requirement, page
from kallithea.controllers.home import ListingQuery, find
from kallithea.controllers.visit import Visit
from kallithea.lib.access import Access
from kallithea.pages.group import GroupPage, group_page
from kallithea.services.access.control import Located
from kallithea.services.access.grants import AdminGrant, GroupFacts, ReadGrant
from kallithea.services.actors import Member


class GroupPlace(Room):
    """A room of one group; entering needs READ, which a missing one never gives."""

    grant: ReadGrant[GroupFacts]

    def __init__(self, visit: Visit, located: Located) -> None:
        super().__init__(visit)
        self.located = located

    def _check_security(self) -> None:
        self.grant = self.scope.access.read_group(self.located)

    def admit(self, requirement: Requirement) -> None:
        if requirement is Access.ADMIN:
            self.grant = self.scope.access.administer_group(self.located)
        elif requirement is not Access.READ:
            super().admit(requirement)

    @property
    def admin_grant(self) -> AdminGrant[GroupFacts]:
        """The grant of a door that requires ADMIN."""
        assert isinstance(self.grant, AdminGrant)
        return self.grant


class GroupRoom(GroupPlace):
    """`/<group>`."""

    @page(requires=Access.READ)
    def index(self) -> GroupPage:
        group = self.grant.target
        found = find(self.scope.listing, self.query(ListingQuery), below=group.path, size=self.visit.settings.page_size)
        owners = self.scope.accounts.names([group.owner_id] if group.owner_id else [])
        return group_page(
            self.visit.urls,
            found,
            path=group.path,
            description=group.description,
            owner=owners.get(group.owner_id or 0),
            groups=tuple(path for path, _ in self.scope.listing.groups(group.path)),
            is_signed_in=isinstance(self.scope.actor, Member),
            may_create=self.grant.decision.may_create,
            may_administer=self.grant.decision.access >= Access.ADMIN,
        )
