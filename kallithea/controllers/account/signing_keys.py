"""One's own keys and certificates for signing commits."""

from __future__ import annotations

from dataclasses import dataclass

from webob import Response

from kallithea.controllers.base import Room
from kallithea.controllers.exposing import Visitor, action, page
from kallithea.lib.errors import Invalid, KallitheaError, TooLarge, Unavailable
from kallithea.pages.account.signing_keys import SigningKeysPage, signing_keys_page


@dataclass(frozen=True, slots=True)
class AddKeyForm:
    public_key: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class RemoveKeyForm:
    del_key_fingerprint: str


class SigningKeysRoom(Room):
    """`/_admin/my_account/signing_keys`."""

    @page(requires=Visitor.MEMBER)
    def index(self) -> SigningKeysPage:
        return self._page()

    @action(requires=Visitor.MEMBER, path="")
    def add(self) -> Response:
        form = self.form(AddKeyForm)
        try:
            user = self.scope.accounts.get(self.scope.member.id)
            self.scope.signing_keys.add(user, form.public_key, name=form.description)
        except (Invalid, TooLarge, Unavailable) as error:
            return self.visit.rendered(self._page(form, error), status=503 if isinstance(error, Unavailable) else 400)
        return self.visit.redirect(self.visit.urls.my_account("signing_keys"))

    @action(requires=Visitor.MEMBER, path="delete")
    def remove(self) -> Response:
        form = self.form(RemoveKeyForm)
        user = self.scope.accounts.get(self.scope.member.id)
        self.scope.signing_keys.remove(user, form.del_key_fingerprint)
        return self.visit.redirect(self.visit.urls.my_account("signing_keys"))

    def _page(self, form: AddKeyForm | None = None, error: KallitheaError | None = None) -> SigningKeysPage:
        user = self.scope.accounts.get(self.scope.member.id)
        return signing_keys_page(
            self.visit.urls,
            self.scope.signing_keys.of(user),
            public_key=form.public_key if form else "",
            description=form.description if form else "",
            errors={"public_key": " ".join(error.lines)} if error else None,
        )
