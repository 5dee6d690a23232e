"""One's own SSH keys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from webob import Response

from kallithea.controllers.base import Room
from kallithea.controllers.exposing import Visitor, action, page
from kallithea.lib.access import Access
from kallithea.lib.errors import Invalid, TooLarge
from kallithea.pages.account.ssh_keys import KeyItem, SshKeysPage, ssh_keys_page
from kallithea.services.ssh_keys import KeyFacts


@dataclass(frozen=True, slots=True)
class AddKeyForm:
    public_key: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class RemoveKeyForm:
    del_public_key_fingerprint: str


class SshKeysRoom(Room):
    """`/_admin/my_account/ssh_keys`."""

    @page(requires=Visitor.MEMBER)
    def index(self) -> SshKeysPage:
        return self._page()

    @action(requires=Visitor.MEMBER, path="")
    def add(self) -> Response:
        form = self.form(AddKeyForm)
        try:
            user = self.scope.accounts.get(self.scope.member.id)
            self.scope.ssh_keys.add(user, form.public_key, name=form.description)
        except (Invalid, TooLarge) as error:
            return self.visit.rendered(self._page(form, " ".join(error.lines)), status=400)
        return self.visit.redirect(self.visit.urls.my_account("ssh_keys"))

    @action(requires=Visitor.MEMBER, path="delete")
    def remove(self) -> Response:
        form = self.form(RemoveKeyForm)
        user = self.scope.accounts.get(self.scope.member.id)
        self.scope.ssh_keys.remove(user, form.del_public_key_fingerprint)
        return self.visit.redirect(self.visit.urls.my_account("ssh_keys"))

    def _page(self, form: AddKeyForm | None = None, error: str = "") -> SshKeysPage:
        return ssh_keys_page(
            self.visit.urls,
            key_items(self.scope.ssh_keys.of(self.scope.member.id)),
            is_served=bool(self.visit.settings.ssh_address),
            public_key=form.public_key if form else "",
            description=form.description if form else "",
            errors={"public_key": error} if error else None,
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
