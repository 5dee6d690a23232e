"""One's own SSH keys."""

from __future__ import annotations

from kallithea.controllers.account.own_keys import AddKeyForm, OwnKeysRoom
from kallithea.controllers.key_forms import key_items
from kallithea.pages.account.ssh_keys import SshKeysPage, ssh_keys_page
from kallithea.services.ssh_keys import SshKeys


class SshKeysRoom(OwnKeysRoom):
    section = "ssh_keys"

    @property
    def _keys(self) -> SshKeys:
        return self.scope.ssh_keys

    def _page(self, form: AddKeyForm = AddKeyForm(""), errors: dict[str, str] | None = None) -> SshKeysPage:
        return ssh_keys_page(
            self.visit.urls,
            key_items(self._keys.of(self.scope.member.id)),
            is_served=bool(self.visit.settings.ssh_address),
            public_key=form.public_key,
            description=form.description,
            errors=errors,
        )
