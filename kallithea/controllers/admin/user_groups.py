"""`/_admin/user_groups`: the groups of users that one may look after, and the form for a new one."""

from __future__ import annotations

from dataclasses import dataclass

from webob import Response

from kallithea.controllers.admin.numbered import NumberedRooms
from kallithea.controllers.admin.user_group import UserGroupForm, UserGroupRoom, about_of
from kallithea.controllers.errors import status_of
from kallithea.controllers.exposing import Visitor, action, page
from kallithea.lib.errors import Conflict, Invalid
from kallithea.pages.admin.new_user_group import NewUserGroupPage, new_user_group_page
from kallithea.pages.admin.user_group import UserGroupValues
from kallithea.pages.admin.user_groups import FoundUserGroups, UserGroupItem, UserGroupsPage, user_groups_page
from kallithea.services.keysets import Start


@dataclass(frozen=True, slots=True)
class UserGroupsQuery:
    """Which groups, and behind or before which name."""

    filter: str = ""
    after: str | None = None
    before: str | None = None


class UserGroupsRoom(NumberedRooms):
    inner = UserGroupRoom

    @page(requires=Visitor.MEMBER)
    def index(self) -> UserGroupsPage:
        """All groups for administrators, for others those that they own."""
        query, groups = self.query(UserGroupsQuery), self.scope.user_groups
        start = Start(query.after or None, query.before or None)
        found = groups.page(query.filter, start, size=self.visit.settings.page_size)
        items = [UserGroupItem(g.id, g.name, g.description, g.is_active, g.owner, g.members) for g in found.rows]
        return user_groups_page(
            self.visit.urls,
            FoundUserGroups(items, groups.count(query.filter), found.has_previous, found.has_next, query.filter),
            is_administrator=self.scope.member.administers_site,
        )

    @page(requires=Visitor.ADMINISTRATOR, path="new")
    def new(self) -> NewUserGroupPage:
        return new_user_group_page(self.visit.urls, values=UserGroupValues(owner=self.scope.member.name))

    @action(requires=Visitor.ADMINISTRATOR, path="new")
    def create(self) -> Response:
        form = self.form(UserGroupForm)
        try:
            group = self.scope.user_groups.create(about_of(form), owner=form.owner_in(self.scope.accounts))
        except (Invalid, Conflict) as error:
            shown = new_user_group_page(self.visit.urls, values=form.typed, errors=error.fields)
            return self.visit.rendered(shown, status=status_of(error))
        return self.visit.redirect(self.visit.urls.user_group_members(group.id))
