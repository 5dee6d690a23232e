"""Forking a repository, and the forks that there are."""

from __future__ import annotations

import json
from dataclasses import dataclass

from webob import Response

from kallithea.controllers.errors import status_of
from kallithea.controllers.exposing import AsMember, action, page
from kallithea.controllers.home import found_at
from kallithea.controllers.repository.place import RepositoryPlace
from kallithea.controllers.responses import text_response
from kallithea.lib.access import Access
from kallithea.lib.errors import Conflict, Forbidden, Invalid, KallitheaError, NotFound
from kallithea.pages.repository.fork import ForkPage, ForkValues, fork_page
from kallithea.pages.repository.forks import ForksPage, forks_page
from kallithea.services.access.listing import ListingFilter
from kallithea.services.forks import NewFork


@dataclass(frozen=True, slots=True)
class ForkForm:
    """`repo_group` is the path of a group, empty for the top. What the predecessor's form also had is not needed."""

    repo_name: str
    repo_group: str = ""
    description: str = ""
    private: bool = False


@dataclass(frozen=True, slots=True)
class PageQuery:
    page: int = 1


class ForkingPages(RepositoryPlace):
    @page(requires=AsMember.READ, path="fork")
    def fork_page(self) -> ForkPage:
        places = self._places()
        facts = self.grant.target
        group, _, name = facts.path.rpartition("/")
        # The first choice is a place where the name is free.
        chosen = next((place for place in places if place != group), None)
        if chosen is None:
            chosen, name = group, f"{name}-fork"
        return self._form(ForkValues(name, chosen, facts.description), places)

    @action(requires=AsMember.READ)
    def fork(self) -> Response:
        form, scope = self.form(ForkForm), self.scope
        path = "/".join(part for part in (form.repo_group.strip("/"), form.repo_name.strip("/")) if part)
        new = NewFork(path, form.description, form.private)
        try:
            made = scope.forks.fork(self.grant, new, owner=scope.accounts.get(scope.member.id))
        except (Invalid, Conflict, Forbidden) as error:
            return self._refused(form, error)
        return self.visit.redirect(self.visit.urls.repository(made.namespace.path))

    @page(requires=Access.READ)
    def forks(self) -> ForksPage:
        size, wanted = self.visit.settings.page_size, ListingFilter(forks_of=self.grant.target.id)
        found = found_at(self.scope.listing, wanted, page=self.query(PageQuery).page, size=size)
        if found.page > 1 and not found.items:
            raise NotFound("There is no such page.")
        return forks_page(self.visit.urls, self.shown, found)

    @page(requires=Access.READ)
    def repo_check_creating(self) -> Response:
        """Whether a copy is complete, as JSON."""
        return text_response(
            json.dumps({"result": self.grant.target.is_ready}), "application/json", headers={"Cache-Control": "no-store"}
        )

    def _places(self) -> tuple[str, ...]:
        """Where the member may create; the empty path is the top."""
        access = self.scope.access
        top = ("",) if access.decide(access.root()).may_create else ()
        return (*top, *self.scope.listing.groups_to_create_in())

    def _refused(self, form: ForkForm, error: KallitheaError) -> Response:
        fields = error.fields if isinstance(error, Invalid) else {}
        fields = {"description" if name == "repo_description" else name: text for name, text in fields.items()}
        if isinstance(error, Conflict):
            fields = {"repo_name": f"{error.message} {error.hint or ''}".strip()}
        values = ForkValues(form.repo_name, form.repo_group, form.description, form.private)
        shown = self._form(values, self._places(), errors=fields, error=None if fields else error.message)
        return self.visit.rendered(shown, status=status_of(error))

    def _form(
        self,
        values: ForkValues,
        places: tuple[str, ...],
        *,
        errors: dict[str, str] | None = None,
        error: str | None = None,
    ) -> ForkPage:
        return fork_page(
            self.visit.urls,
            self.shown,
            values=values,
            places=places,
            must_be_private=self.scope.forks.must_be_private(self.grant),
            errors=errors,
            error=error,
        )
