"""The deploy keys of a repository."""

from __future__ import annotations

from dataclasses import dataclass

from webob import Response

from kallithea.controllers.exposing import action, page
from kallithea.controllers.key_forms import RemoveKeyForm, key_items
from kallithea.controllers.repository.place import RepositoryPlace
from kallithea.lib.access import Access
from kallithea.lib.errors import Invalid, TooLarge
from kallithea.pages.repository.deploy_keys import DeployKeysPage, deploy_keys_page
from kallithea.services.ssh_keys import DEPLOY_ACCESS

_ACCESS = {access.word: access for access in DEPLOY_ACCESS}


@dataclass(frozen=True, slots=True)
class AddDeployKeyForm:
    public_key: str
    description: str = ""
    access: str = Access.READ.word


class DeployKeyPages(RepositoryPlace):
    """`/<repository>/settings/deploy_keys`."""

    @page(requires=Access.ADMIN, path="deploy_keys")
    def deploy_keys_page(self) -> DeployKeysPage:
        return self._deploy_keys()

    @action(requires=Access.ADMIN, path="deploy_keys")
    def add_deploy_key(self) -> Response:
        form = self.form(AddDeployKeyForm)
        try:
            if form.access not in _ACCESS:
                reason = "Choose what the key may do."
                raise Invalid(reason, fields={"access": reason})
            access = _ACCESS[form.access]
            self.scope.ssh_keys.add_to_repository(self.admin_grant, form.public_key, name=form.description, access=access)
        except (Invalid, TooLarge) as error:
            fields = error.fields if isinstance(error, Invalid) else {}
            shown = self._deploy_keys(form, fields or {"public_key": " ".join(error.lines)})
            return self.visit.rendered(shown, status=400)
        return self.visit.redirect(self.visit.urls.deploy_keys(self.grant.target.path))

    @action(requires=Access.ADMIN, path="deploy_keys/delete")
    def remove_deploy_key(self) -> Response:
        form = self.form(RemoveKeyForm)
        self.scope.ssh_keys.remove_from_repository(self.admin_grant, form.del_public_key_fingerprint)
        return self.visit.redirect(self.visit.urls.deploy_keys(self.grant.target.path))

    def _deploy_keys(self, form: AddDeployKeyForm | None = None, errors: dict[str, str] | None = None) -> DeployKeysPage:
        return deploy_keys_page(
            self.visit.urls,
            self.shown,
            key_items(self.scope.ssh_keys.of_repository(self.admin_grant)),
            is_served=bool(self.visit.settings.ssh_address),
            public_key=form.public_key if form else "",
            description=form.description if form else "",
            access=form.access if form else Access.READ.word,
            errors=errors,
        )
