"""`/_admin/users`: the accounts of the site, and the form for a new one."""

from __future__ import annotations

from dataclasses import dataclass

from webob import Response

from kallithea.controllers.admin.numbered import NumberedRooms
from kallithea.controllers.admin.user import UserRoom
from kallithea.controllers.errors import status_of
from kallithea.controllers.exposing import Visitor, action, page
from kallithea.lib.errors import Conflict, Invalid
from kallithea.pages.admin.new_user import NewUserPage, new_user_page
from kallithea.pages.admin.users import FoundUsers, UserItem, UsersPage, users_page
from kallithea.services.accounts import NewAccount
from kallithea.services.keysets import Start
from kallithea.services.people import PeopleFilter, WhichPeople


@dataclass(frozen=True, slots=True)
class UsersQuery:
    """Which accounts, and behind or before which name."""

    filter: str = ""
    which: str = ""
    after: str | None = None
    before: str | None = None


@dataclass(frozen=True, slots=True)
class NewUserForm:
    username: str
    email: str
    password: str
    password_confirmation: str
    admin: bool = False


class UsersRoom(NumberedRooms):
    inner = UserRoom

    @page(requires=Visitor.ADMINISTRATOR)
    def index(self) -> UsersPage:
        query, people = self.query(UsersQuery), self.scope.people
        if query.which not in (which.value for which in WhichPeople):
            raise Invalid("The list shows administrators, disabled accounts, or all.")
        wanted = PeopleFilter(query.filter, WhichPeople(query.which))
        start = Start(query.after or None, query.before or None)
        found = people.page(wanted, start, size=self.visit.settings.page_size)
        items = [UserItem(p.id, p.name, p.email, p.is_active, p.is_administrator, p.created_at) for p in found.rows]
        return users_page(
            self.visit.urls,
            FoundUsers(items, people.count(wanted), found.has_previous, found.has_next, query.filter, query.which),
        )

    @page(requires=Visitor.ADMINISTRATOR, path="new")
    def new(self) -> NewUserPage:
        return new_user_page(self.visit.urls)

    @action(requires=Visitor.ADMINISTRATOR, path="new")
    def create(self) -> Response:
        form = self.form(NewUserForm)
        try:
            if form.password != form.password_confirmation:
                reason = "The two passwords differ."
                raise Invalid(reason, fields={"password_confirmation": reason})
            user = self.scope.accounts.create(NewAccount(form.username, form.email, form.password, form.admin))
        except (Invalid, Conflict) as error:
            shown = new_user_page(
                self.visit.urls,
                username=form.username,
                email=form.email,
                is_administrator=form.admin,
                errors=error.fields,
            )
            return self.visit.rendered(shown, status=status_of(error))
        return self.visit.redirect(self.visit.urls.user(user.id, "edit"))
