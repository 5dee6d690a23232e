"""One's own SSH keys."""

from __future__ import annotations

from collections.abc import Sequence

from kallithea.controllers.account.own_keys import AddKeyForm, OwnKeysRoom
from kallithea.lib.access import Access
from kallithea.pages.account.ssh_keys import KeyItem, SshKeysPage, ssh_keys_page
from kallithea.services.ssh_keys import KeyFacts, SshKeys


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


def key_items(keys: Sequence[KeyFacts]) -> list[KeyItem]:
    """Keys as pages take them."""
    return [
        KeyItem(
            name=key.name,
            algorithm=key.algorithm,
            bits=key.bits,
            fingerprint=key.fingerprint,
            created=key.created_at,
            used=key.used_at,
            access=key.access.word if key.access > Access.NONE else "",
        )
        for key in keys
    ]
