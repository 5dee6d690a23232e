"""One's own keys: how those of each sort are shown, added and removed."""

from __future__ import annotations

from dataclasses import dataclass

from webob import Response

from kallithea.controllers.base import Room
from kallithea.controllers.exposing import Visitor, action, page
from kallithea.controllers.key_forms import RemoveKeyForm
from kallithea.lib.errors import Invalid, TooLarge, Unavailable
from kallithea.pages.account.signing_keys import SigningKeysPage
from kallithea.pages.account.ssh_keys import SshKeysPage
from kallithea.services.signing_keys import SigningKeys
from kallithea.services.ssh_keys import SshKeys


@dataclass(frozen=True, slots=True)
class AddKeyForm:
    public_key: str
    description: str = ""


class OwnKeysRoom(Room):
    """`/_admin/my_account/<section>`; who inherits says which keys these are and how they are shown."""

    section: str

    @page(requires=Visitor.MEMBER)
    def index(self) -> SshKeysPage | SigningKeysPage:
        return self._page()

    @action(requires=Visitor.MEMBER, path="")
    def add(self) -> Response:
        form = self.form(AddKeyForm)
        try:
            user = self.scope.accounts.get(self.scope.member.id)
            self._keys.add(user, form.public_key, name=form.description)
        except (Invalid, TooLarge, Unavailable) as error:
            shown = self._page(form, {"public_key": " ".join(error.lines)})
            return self.visit.rendered(shown, status=503 if isinstance(error, Unavailable) else 400)
        return self.visit.redirect(self.visit.urls.my_account(self.section))

    @action(requires=Visitor.MEMBER, path="delete")
    def remove(self) -> Response:
        form = self.form(RemoveKeyForm)
        user = self.scope.accounts.get(self.scope.member.id)
        self._keys.remove(user, form.del_public_key_fingerprint)
        return self.visit.redirect(self.visit.urls.my_account(self.section))

    @property
    def _keys(self) -> SshKeys | SigningKeys:
        raise NotImplementedError

    def _page(self, form: AddKeyForm = AddKeyForm(""), errors: dict[str, str] | None = None) -> SshKeysPage | SigningKeysPage:
        """The keys, and what was typed last."""
        raise NotImplementedError
