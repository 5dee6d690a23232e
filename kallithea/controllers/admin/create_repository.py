"""The form for a new repository."""

from __future__ import annotations

from dataclasses import dataclass

from webob import Response

from kallithea.controllers.base import Room
from kallithea.controllers.errors import status_of
from kallithea.controllers.exposing import Visitor, action, page
from kallithea.lib.errors import Conflict, Forbidden, Invalid, KallitheaError
from kallithea.lib.vcs import Kind
from kallithea.pages.create_repository import CreateRepositoryPage, NewRepositoryValues, create_repository_page
from kallithea.services.repositories import NewRepository


@dataclass(frozen=True, slots=True)
class CreateQuery:
    parent_group: str = ""


@dataclass(frozen=True, slots=True)
class CreateForm:
    """A box that is not ticked is not sent: only with `repo_private_asked` does that mean no, and else what the site says."""

    repo_name: str
    repo_type: str = Kind.HG.value
    repo_description: str = ""
    repo_private: bool = False
    repo_private_asked: bool = False
    repo_group: str = ""

    @property
    def is_private(self) -> bool | None:
        return self.repo_private if self.repo_private or self.repo_private_asked else None


class CreateRepositoryRoom(Room):
    @page(requires=Visitor.MEMBER)
    def index(self) -> CreateRepositoryPage:
        group = self.query(CreateQuery).parent_group.strip("/")
        private = self.scope.site_settings.permissions().new_are_private
        return self._page(NewRepositoryValues(name=f"{group}/" if group else "", is_private=private))

    @action(requires=Visitor.MEMBER, path="")
    def create(self) -> Response:
        form, scope = self.form(CreateForm), self.scope
        # The predecessor's form had the group in a field of its own, by number; ours, and scripts, write the whole path.
        group = form.repo_group.strip("/") if not form.repo_group.lstrip("-").isdigit() else ""
        path = f"{group}/{form.repo_name}" if group else form.repo_name
        new = NewRepository(path, form.repo_type, form.repo_description, form.is_private)
        try:
            repository = scope.repositories.create(new, owner=scope.accounts.get(scope.member.id))
        except (Invalid, Conflict, Forbidden) as error:
            return self._refused(form, error)
        return self.visit.redirect(self.visit.urls.repository(repository.namespace.path))

    def _refused(self, form: CreateForm, error: KallitheaError) -> Response:
        fields = error.fields if isinstance(error, Invalid) else {}
        if isinstance(error, Conflict):
            fields = {"repo_name": error.message}
        kind = Kind(form.repo_type) if form.repo_type in (k.value for k in Kind) else Kind.HG
        values = NewRepositoryValues(form.repo_name, kind, form.repo_description, form.repo_private)
        page = self._page(values, errors=fields, error=None if fields else error.message)
        return self.visit.rendered(page, status=status_of(error))

    def _page(
        self, values: NewRepositoryValues, *, errors: dict[str, str] | None = None, error: str | None = None
    ) -> CreateRepositoryPage:
        access = self.scope.access
        return create_repository_page(
            self.visit.urls,
            values=values,
            may_create_at_top=access.decide(access.root()).may_create,
            places=self.scope.listing.groups_to_create_in(),
            errors=errors,
            error=error,
        )
