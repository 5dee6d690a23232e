"""One's own keys and certificates for signing commits."""

from __future__ import annotations

from kallithea.controllers.account.own_keys import AddKeyForm, OwnKeysRoom
from kallithea.pages.account.signing_keys import SigningKeysPage, signing_keys_page
from kallithea.services.signing_keys import SigningKeys


class SigningKeysRoom(OwnKeysRoom):
    section = "signing_keys"

    @property
    def _keys(self) -> SigningKeys:
        return self.scope.signing_keys

    def _page(self, form: AddKeyForm = AddKeyForm(""), errors: dict[str, str] | None = None) -> SigningKeysPage:
        return signing_keys_page(
            self.visit.urls,
            self._keys.of(self.scope.accounts.get(self.scope.member.id)),
            public_key=form.public_key,
            description=form.description,
            errors=errors,
        )
