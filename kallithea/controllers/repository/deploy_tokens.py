"""The deploy tokens of a repository, as a part of its settings."""

from __future__ import annotations

from collections.abc import Mapping

from webob import Response

from kallithea.controllers.errors import status_of
from kallithea.controllers.exposing import action, page
from kallithea.controllers.repository.place import RepositoryPlace
from kallithea.controllers.responses import shown_once
from kallithea.controllers.token_forms import NewTokenForm, RevokeTokenForm
from kallithea.lib.access import Access
from kallithea.lib.errors import Conflict, Invalid
from kallithea.pages.repository.deploy_tokens import DeployTokensPage, NewDeployTokenValues, deploy_tokens_page
from kallithea.pages.token_parts import FreshToken, fresh_token
from kallithea.services.deploy_tokens import NewDeployToken


class DeployTokenPages(RepositoryPlace):
    @page(requires=Access.ADMIN, path="deploy_tokens")
    def deploy_tokens_page(self) -> DeployTokensPage:
        return self._deploy_tokens()

    @action(requires=Access.ADMIN)
    def deploy_tokens(self) -> Response:
        """The answer is the page itself: the token must not be kept for another request."""
        form = self.form(NewTokenForm)
        try:
            new = NewDeployToken(form.name, form.wanted_access, form.lifetime)
            _, text = self.scope.deploy_tokens.create(self.admin_grant, new)
        except (Invalid, Conflict) as error:
            fields = error.fields if isinstance(error, Invalid) else {"name": error.message}
            values = NewDeployTokenValues(form.name, form.access, form.expires)
            return self.visit.rendered(self._deploy_tokens(values, fields), status=status_of(error))
        return shown_once(self.visit.rendered(self._deploy_tokens(fresh=fresh_token(new.name, text))))

    @action(requires=Access.ADMIN, path="deploy_tokens/delete")
    def revoke_deploy_token(self) -> Response:
        self.scope.deploy_tokens.revoke(self.admin_grant, self.form(RevokeTokenForm).number)
        return self.visit.redirect(self.visit.urls.deploy_tokens(self.grant.target.path))

    def _deploy_tokens(
        self,
        values: NewDeployTokenValues | None = None,
        errors: Mapping[str, str] | None = None,
        fresh: FreshToken | None = None,
    ) -> DeployTokensPage:
        tokens = self.scope.deploy_tokens.of(self.admin_grant)
        return deploy_tokens_page(self.visit.urls, self.shown, tokens=tokens, values=values, errors=errors, fresh=fresh)
