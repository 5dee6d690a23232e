"""`/_admin/my_account/tokens`: the tokens with which programs act as oneself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from webob import Response

from kallithea.controllers.base import Room
from kallithea.controllers.errors import status_of
from kallithea.controllers.exposing import Visitor, action, page
from kallithea.controllers.responses import shown_once
from kallithea.controllers.token_forms import NewTokenForm, RevokeTokenForm
from kallithea.lib.errors import Conflict, Invalid
from kallithea.pages.account.tokens import MyTokensPage, NewTokenValues, my_tokens_page
from kallithea.pages.token_parts import FreshToken, fresh_token
from kallithea.services.tokens import NewToken


@dataclass(frozen=True, slots=True)
class NewOwnTokenForm(NewTokenForm):
    api: bool = False
    places: str = ""

    def token(self) -> NewToken:
        """What is asked for. Raises Invalid."""
        places = tuple(line.strip() for line in self.places.splitlines() if line.strip())
        return NewToken(self.name, self.wanted_access, self.api, self.lifetime, places)


class MyTokensRoom(Room):
    @page(requires=Visitor.MEMBER)
    def index(self) -> MyTokensPage:
        return self._page()

    @action(requires=Visitor.MEMBER, path="")
    def create(self) -> Response:
        """The answer is the page itself: the token must not be kept for another request."""
        form = self.form(NewOwnTokenForm)
        try:
            new = form.token()
            _, text = self.scope.tokens.create(self.scope.member, new)
        except (Invalid, Conflict) as error:
            fields = error.fields if isinstance(error, Invalid) else {"name": error.message}
            values = NewTokenValues(form.name, form.access, form.api, form.expires, form.places)
            return self.visit.rendered(self._page(values, fields), status=status_of(error))
        return shown_once(self.visit.rendered(self._page(fresh=fresh_token(new.name, text))))

    @action(requires=Visitor.MEMBER)
    def delete(self) -> Response:
        self.scope.tokens.revoke(self.scope.member, self.form(RevokeTokenForm).number)
        return self.visit.redirect(self.visit.urls.my_tokens())

    def _page(
        self,
        values: NewTokenValues | None = None,
        errors: Mapping[str, str] | None = None,
        fresh: FreshToken | None = None,
    ) -> MyTokensPage:
        member = self.scope.member
        return my_tokens_page(
            self.visit.urls,
            username=member.name,
            tokens=self.scope.tokens.of(member),
            values=values,
            errors=errors,
            fresh=fresh,
        )


class ApiKeysRoom(Room):
    """`/_admin/my_account/api_keys`: where the predecessor had them."""

    @page(requires=Visitor.MEMBER)
    def index(self) -> Response:
        return self.visit.redirect(self.visit.urls.my_tokens())
