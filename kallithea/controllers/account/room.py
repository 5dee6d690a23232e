"""One's own account."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from webob import Response

from kallithea.controllers.account.emails import MyEmailsRoom
from kallithea.controllers.account.proving import check_password
from kallithea.controllers.account.security import SecurityRoom
from kallithea.controllers.account.sessions import SessionsRoom
from kallithea.controllers.account.signing_keys import SigningKeysRoom
from kallithea.controllers.account.ssh_keys import SshKeysRoom
from kallithea.controllers.account.tokens import ApiKeysRoom, MyTokensRoom
from kallithea.controllers.admin.permissions import holdings_of
from kallithea.controllers.base import Room
from kallithea.controllers.exposing import Visitor, action, page
from kallithea.controllers.home import ListingQuery, found_at
from kallithea.lib.errors import Invalid
from kallithea.pages.account.groups import MyGroupsPage, my_groups_page
from kallithea.pages.account.permissions import MyPermissionsPage, my_permissions_page
from kallithea.pages.account.profile import MyAccountPage, my_account_page
from kallithea.pages.account.watched import WatchedPage, watched_page
from kallithea.pages.admin.user_groups import UserGroupItem
from kallithea.pages.time_zones import zone_choices
from kallithea.services.access.listing import ListingFilter

MOST_GROUPS = 200
"""Groups of users that the page shows."""


@dataclass(frozen=True, slots=True)
class PasswordForm:
    current_password: str
    new_password: str
    new_password_confirmation: str


@dataclass(frozen=True, slots=True)
class AfterQuery:
    """Behind which path a list goes on."""

    after: str = ""


@dataclass(frozen=True, slots=True)
class ProfileForm:
    display_name: str
    time_zone: str


class MyAccountRoom(Room):
    rooms: ClassVar[Mapping[str, type[Room]]] = {
        "emails": MyEmailsRoom,
        "tokens": MyTokensRoom,
        "api_keys": ApiKeysRoom,
        "signing_keys": SigningKeysRoom,
        "ssh_keys": SshKeysRoom,
        "security": SecurityRoom,
        "sessions": SessionsRoom,
    }

    @page(requires=Visitor.MEMBER)
    def index(self) -> MyAccountPage:
        return self._page()

    @page(requires=Visitor.MEMBER)
    def watched(self) -> WatchedPage:
        """What one follows."""
        wanted = ListingFilter(followed_by=self.scope.member.id)
        number, size = self.query(ListingQuery).page, self.visit.settings.page_size
        return watched_page(self.visit.urls, found_at(self.scope.listing, wanted, page=number, size=size))

    @action(requires=Visitor.MEMBER)
    def profile(self) -> Response:
        form = self.form(ProfileForm)
        try:
            self.scope.accounts.change_profile(self.scope.member, shown_name=form.display_name, zone=form.time_zone)
        except Invalid as error:
            return self.visit.rendered(self._page(error.fields), status=400)
        return self.visit.redirect(self.visit.urls.my_account())

    @page(requires=Visitor.MEMBER)
    def perms(self) -> MyPermissionsPage:
        """What one may do, and where."""
        urls, after = self.visit.urls, self.query(AfterQuery).after
        part = holdings_of(
            self.scope.holdings, urls, self.scope.member, after=after, address=lambda key: urls.my_permissions(after=key)
        )
        return my_permissions_page(urls, part)

    @page(requires=Visitor.MEMBER)
    def groups(self) -> MyGroupsPage:
        """The groups of users that one owns."""
        found, size = self.scope.user_groups.owned_by(self.scope.member, at_most=MOST_GROUPS + 1), MOST_GROUPS
        items = [UserGroupItem(g.id, g.name, g.description, g.is_active, g.owner, g.members) for g in found[:size]]
        return my_groups_page(self.visit.urls, items, has_more=len(found) > size)

    @page(requires=Visitor.MEMBER, path="password")
    def password_page(self) -> MyAccountPage:
        return self._page()

    @action(requires=Visitor.MEMBER)
    def password(self) -> Response:
        form = self.form(PasswordForm)
        try:
            if form.new_password != form.new_password_confirmation:
                reason = "The two new passwords differ."
                raise Invalid(reason, fields={"new_password_confirmation": reason})
            check_password(self.scope, form.current_password, field="current_password")
            self.scope.accounts.change_password(self.scope.member, current=form.current_password, new=form.new_password)
        except Invalid as error:
            return self.visit.rendered(self._page(error.fields), status=400)
        return self.visit.redirect(self.visit.urls.my_account())

    @action(requires=Visitor.MEMBER, path="picture")
    def use_picture(self) -> Response:
        """Takes the file `picture`."""
        try:
            content = self.visit.files.get("picture", b"")
            if not content:
                raise Invalid("Choose a file first.")
            self.scope.pictures.give(self.scope.member, content)
        except Invalid as error:
            return self.visit.rendered(self._page({"picture": error.message}), status=400)
        return self.visit.redirect(self.visit.urls.my_account())

    @action(requires=Visitor.MEMBER, path="picture/delete")
    def remove_picture(self) -> Response:
        self.scope.pictures.take(self.scope.member)
        return self.visit.redirect(self.visit.urls.my_account())

    def _page(self, errors: Mapping[str, str] | None = None) -> MyAccountPage:
        member = self.scope.member
        user = self.scope.accounts.get(member.id)
        picture = self.scope.pictures.of_member(member)
        return my_account_page(
            self.visit.urls,
            picture_url=self.visit.urls.picture(*picture) if picture else None,
            username=user.name,
            full_name=user.display_name,
            email=user.email,
            is_administrator=user.is_administrator,
            has_password=bool(user.password_hash),
            zones=zone_choices(user.time_zone, default=self.visit.settings.time_zone),
            errors=errors,
        )
