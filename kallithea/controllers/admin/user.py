"""`/_admin/users/<number>`: one account."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from webob import Response

from kallithea.controllers.admin.numbered import NumberedRoom
from kallithea.controllers.errors import status_of
from kallithea.controllers.exposing import Visitor, action, page
from kallithea.lib.errors import Conflict, Invalid, NotFound
from kallithea.lib.lazy import lazy
from kallithea.model import User
from kallithea.pages.admin.user import FactorItems, UserPage, UserValues, user_page
from kallithea.pages.admin.user_owned import OwnedItem, UserOwnedPage, user_owned_page
from kallithea.services.people import AccountFacts


@dataclass(frozen=True, slots=True)
class UserForm:
    """All that the form of an account has; a box that is not ticked is not sent."""

    username: str
    email: str
    time_zone: str | None = None
    admin: bool = False
    active: bool = False


@dataclass(frozen=True, slots=True)
class NewPasswordForm:
    new_password: str
    new_password_confirmation: str


@dataclass(frozen=True, slots=True)
class TransferForm:
    to: str


@dataclass(frozen=True, slots=True)
class DeleteForm:
    confirm: str


class UserRoom(NumberedRoom):
    @lazy
    def user(self) -> User:
        """The account. Raises NotFound, to administrators: nobody else comes this far."""
        return self.scope.accounts.get(self.number)

    @page(requires=Visitor.ADMINISTRATOR)
    def edit(self) -> UserPage:
        return self._page()

    @action(requires=Visitor.ADMINISTRATOR, path="")
    def save_user(self) -> Response:
        form, user = self.form(UserForm), self.user
        try:
            facts = AccountFacts(form.username, form.email, form.admin, form.active, form.time_zone)
            self.scope.people.change(user, facts)
        except (Invalid, Conflict) as error:
            typed = UserValues(form.username, form.email, form.admin, form.active, form.time_zone or "")
            return self.visit.rendered(self._page(typed, error.fields), status=status_of(error))
        return self.visit.redirect(self.visit.urls.user(user.id, "edit"))

    @action(requires=Visitor.ADMINISTRATOR, path="password")
    def set_password(self) -> Response:
        form, user = self.form(NewPasswordForm), self.user
        try:
            if form.new_password != form.new_password_confirmation:
                reason = "The two new passwords differ."
                raise Invalid(reason, fields={"new_password_confirmation": reason})
            self.scope.people.set_password(user, form.new_password)
        except Invalid as error:
            return self.visit.rendered(self._page(errors=error.fields), status=400)
        return self.visit.redirect(self.visit.urls.user(user.id, "edit"))

    @action(requires=Visitor.ADMINISTRATOR, path="second_factor/reset")
    def reset_second_factor(self) -> Response:
        """For who lost theirs: the password alone opens the account afterwards."""
        self.scope.second_factors.reset(self.user)
        return self.visit.redirect(self.visit.urls.user(self.user.id, "edit"))

    @page(requires=Visitor.ADMINISTRATOR, path="edit/advanced")
    def owned(self) -> UserOwnedPage:
        return self._owned_page()

    @action(requires=Visitor.ADMINISTRATOR, path="transfer")
    def give_all(self) -> Response:
        form, user = self.form(TransferForm), self.user
        try:
            self.scope.belongings.give_all(user, self.scope.accounts.by_name(form.to))
        except (Invalid, Conflict, NotFound) as error:
            shown = self._owned_page(to=form.to, errors={"to": error.message})
            return self.visit.rendered(shown, status=400 if isinstance(error, NotFound) else status_of(error))
        return self.visit.redirect(self.visit.urls.user(user.id, "edit", "advanced"))

    @action(requires=Visitor.ADMINISTRATOR, path="delete")
    def delete_user(self) -> Response:
        form, user = self.form(DeleteForm), self.user
        try:
            if form.confirm.strip() != user.name:
                raise Invalid(f"Type {user.name} to delete the account.")
            self.scope.people.delete(user)
        except (Invalid, Conflict) as error:
            said = " ".join(filter(None, (error.message, error.hint)))
            return self.visit.rendered(self._owned_page(errors={"confirm": said}), status=status_of(error))
        return self.visit.redirect(self.visit.urls.users())

    def _page(self, typed: UserValues | None = None, errors: Mapping[str, str] | None = None) -> UserPage:
        user = self.user
        had = self.scope.second_factors.of(user.id)
        return user_page(
            self.visit.urls,
            number=user.id,
            stored=_stored(user),
            created=user.created_at,
            sessions=self.scope.people.sessions(user),
            factors=FactorItems(had.has_app, had.passkeys),
            default_zone=self.visit.settings.time_zone,
            typed=typed,
            errors=errors,
        )

    def _owned_page(self, *, to: str = "", errors: Mapping[str, str] | None = None) -> UserOwnedPage:
        user = self.user
        owned = [OwnedItem(kind.noun, kind.count, kind.names) for kind in self.scope.belongings.of(user)]
        return user_owned_page(self.visit.urls, number=user.id, stored=_stored(user), owned=owned, to=to, errors=errors)


def _stored(user: User) -> UserValues:
    return UserValues(user.name, user.email, user.is_administrator, user.is_active, user.time_zone)
