"""`/_admin/user_groups/<number>`: one group of users. Its owner enters too, and has the members alone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from webob import Response

from kallithea.controllers.admin.numbered import NumberedRoom
from kallithea.controllers.errors import status_of
from kallithea.controllers.exposing import OfUserGroup, Requirement, action, page
from kallithea.lib.errors import Conflict, Invalid, NotFound
from kallithea.model import User
from kallithea.pages.admin.user_group import UserGroupPage, UserGroupValues, user_group_page
from kallithea.pages.admin.user_group_members import (
    FoundMembers,
    MemberItem,
    UserGroupMembersPage,
    user_group_members_page,
)
from kallithea.pages.admin.user_group_reach import ReachItem, UserGroupReachPage, user_group_reach_page
from kallithea.services.access.grants import MembersGrant, UserGroupGrant
from kallithea.services.accounts import Accounts
from kallithea.services.keysets import Start
from kallithea.services.user_groups import AboutUserGroup


@dataclass(frozen=True, slots=True)
class UserGroupForm:
    """All that the form of a group has; a box that is not ticked is not sent."""

    users_group_name: str
    owner: str
    user_group_description: str = ""
    users_group_active: bool = False

    @property
    def typed(self) -> UserGroupValues:
        return UserGroupValues(self.users_group_name, self.user_group_description, self.users_group_active, self.owner)

    def owner_in(self, accounts: Accounts) -> User:
        """The account of the owner. Raises Invalid for a name that nobody has."""
        try:
            return accounts.by_name(self.owner)
        except NotFound as error:
            raise Invalid(error.message, fields={"owner": error.message}) from None


@dataclass(frozen=True, slots=True)
class MembersQuery:
    """Which members, and behind or before which name."""

    filter: str = ""
    after: str | None = None
    before: str | None = None


@dataclass(frozen=True, slots=True)
class AddForm:
    members: str


@dataclass(frozen=True, slots=True)
class RemoveForm:
    user_id: int


@dataclass(frozen=True, slots=True)
class DeleteForm:
    confirm: str


class UserGroupRoom(NumberedRoom):
    grant: MembersGrant

    def _check_security(self) -> None:
        """Who may do nothing with the group is not told that it is there, whatever else would be wrong."""
        self.grant = self.scope.access.look_after(self.number)

    def admit(self, requirement: Requirement) -> None:
        """The proof for the group of this number, as the door requires it."""
        if requirement is OfUserGroup.EVERYTHING:
            if not isinstance(self.grant, UserGroupGrant):
                self.grant = self.scope.access.administer_user_group(self.number)
        elif requirement is not OfUserGroup.MEMBERS:
            super().admit(requirement)

    @page(requires=OfUserGroup.EVERYTHING)
    def edit(self) -> UserGroupPage:
        return user_group_page(self.visit.urls, number=self.number, stored=self._stored())

    @action(requires=OfUserGroup.EVERYTHING, path="")
    def save_user_group(self) -> Response:
        form = self.form(UserGroupForm)
        try:
            self.scope.user_groups.change(self._whole_grant, about_of(form), owner=form.owner_in(self.scope.accounts))
        except (Invalid, Conflict) as error:
            shown = user_group_page(
                self.visit.urls, number=self.number, stored=self._stored(), typed=form.typed, errors=error.fields
            )
            return self.visit.rendered(shown, status=status_of(error))
        return self.visit.redirect(self.visit.urls.user_group(self.number, "edit"))

    @page(requires=OfUserGroup.MEMBERS, path="edit/members")
    def members(self) -> UserGroupMembersPage:
        return self._members_page()

    @action(requires=OfUserGroup.MEMBERS, path="members")
    def add_members(self) -> Response:
        form = self.form(AddForm)
        try:
            self.scope.user_groups.add(self.grant, re.split(r"[,\n]", form.members))
        except Invalid as error:
            return self.visit.rendered(self._members_page(form.members, error.fields), status=400)
        return self.visit.redirect(self.visit.urls.user_group_members(self.number))

    @action(requires=OfUserGroup.MEMBERS, path="members/delete")
    def remove_member(self) -> Response:
        self.scope.user_groups.remove(self.grant, self.form(RemoveForm).user_id)
        return self.visit.redirect(self.visit.urls.user_group_members(self.number))

    @page(requires=OfUserGroup.EVERYTHING, path="edit/advanced")
    def reach(self) -> UserGroupReachPage:
        return self._reach_page()

    @action(requires=OfUserGroup.EVERYTHING, path="delete")
    def delete_user_group(self) -> Response:
        name = self.grant.target.name
        if self.form(DeleteForm).confirm.strip() != name:
            shown = self._reach_page({"confirm": f"Type {name} to delete the group."})
            return self.visit.rendered(shown, status=400)
        self.scope.user_groups.delete(self._whole_grant)
        return self.visit.redirect(self.visit.urls.user_groups())

    @property
    def _whole_grant(self) -> UserGroupGrant:
        """The grant of a door that requires EVERYTHING."""
        assert isinstance(self.grant, UserGroupGrant)
        return self.grant

    def _stored(self) -> UserGroupValues:
        facts = self.grant.target
        return UserGroupValues(facts.name, facts.description, facts.is_active, self.scope.user_groups.owner_of(self.grant))

    def _members_page(self, typed: str = "", errors: Mapping[str, str] | None = None) -> UserGroupMembersPage:
        query, groups, facts = self.query(MembersQuery), self.scope.user_groups, self.grant.target
        start = Start(query.after or None, query.before or None)
        found = groups.members(self.grant, query.filter, start, size=self.visit.settings.page_size)
        return user_group_members_page(
            self.visit.urls,
            number=self.number,
            name=facts.name,
            is_active=facts.is_active,
            found=FoundMembers(
                [MemberItem(m.id, m.name, m.is_active) for m in found.rows],
                groups.count_members(self.grant, query.filter),
                found.has_previous,
                found.has_next,
                query.filter,
            ),
            is_administrator=isinstance(self.grant, UserGroupGrant),
            typed=typed,
            errors=errors,
        )

    def _reach_page(self, errors: Mapping[str, str] | None = None) -> UserGroupReachPage:
        groups, grant, facts = self.scope.user_groups, self._whole_grant, self.grant.target
        return user_group_reach_page(
            self.visit.urls,
            number=self.number,
            name=facts.name,
            is_active=facts.is_active,
            reach=[ReachItem(r.path, r.is_repository, r.access.word, r.may_create) for r in groups.reach(grant)],
            total=groups.count_reach(grant),
            members=groups.count_members(grant, ""),
            errors=errors,
        )


def about_of(form: UserGroupForm) -> AboutUserGroup:
    """What the form says, for the service."""
    return AboutUserGroup(form.users_group_name, form.user_group_description, form.users_group_active)
