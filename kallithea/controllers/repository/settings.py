"""The settings of a repository: what is said about it, who may do what, its name and its end."""

from __future__ import annotations

from dataclasses import dataclass, replace

from webob import Response

from kallithea.controllers.errors import status_of
from kallithea.controllers.exposing import action, page
from kallithea.controllers.parameters import written
from kallithea.controllers.permissions import PermissionPages, asked
from kallithea.controllers.repository.deploy_keys import DeployKeyPages
from kallithea.controllers.repository.deploy_tokens import DeployTokenPages
from kallithea.controllers.repository.place import RepositoryPlace
from kallithea.lib.access import Access
from kallithea.lib.errors import Conflict, Forbidden, Invalid, KallitheaError, NotFound
from kallithea.pages.done import REPOSITORY_DELETED
from kallithea.pages.grants import GrantsPart
from kallithea.pages.repository.permissions import PermissionsPage, permissions_page
from kallithea.pages.repository.settings import RepositorySettings, SettingsPage, settings_page
from kallithea.services.access.grants import AdminGrant, RepositoryFacts
from kallithea.services.previews import Preview


@dataclass(frozen=True, slots=True)
class SettingsForm:
    """What the form of the settings posts; what it leaves out stays, as do an empty owner or name.

    A box that is not ticked is not sent: only with `repo_private_asked` does that mean no, so that a script which posts nothing
    but a description publishes nothing. With `preview`, who gains and who loses is shown before it is saved.
    """

    repo_name: str = ""
    repo_description: str | None = None
    repo_private: bool = False
    repo_private_asked: bool = False
    owner: str = ""
    issue_links: str | None = None
    preview: bool = False

    @property
    def is_private(self) -> bool | None:
        return self.repo_private if self.repo_private or self.repo_private_asked else None


@dataclass(frozen=True, slots=True)
class DeleteForm:
    confirm: str = ""


class SettingsRoom(PermissionPages, DeployTokenPages, DeployKeyPages):
    """`/<repository>/settings`."""

    works_without_disk = True

    @page(requires=Access.ADMIN)
    def index(self) -> SettingsPage:
        return _settings(self)

    @property
    def _target(self) -> AdminGrant[RepositoryFacts]:
        return self.admin_grant

    @property
    def _address(self) -> str:
        return self.visit.urls.permissions(self.grant.target.path)

    def _around(self, grants: GrantsPart) -> PermissionsPage:
        return permissions_page(self.visit.urls, self.shown, grants)


class SaveRoom(RepositoryPlace):
    """`/_admin/repos/<repository>`: where the forms of the settings go."""

    works_without_disk = True

    @action(requires=Access.ADMIN, path="")
    def save(self) -> Response:
        form, grant = self.form(SettingsForm), self.admin_grant
        try:
            preview = self.scope.previews.of_doing(grant, lambda: self._saved(form)) if form.preview else None
            if preview and preview.changes:
                return self._asked_to_save(form, preview)
            path = self._saved(form)
        except (Invalid, Conflict, Forbidden, NotFound) as error:
            return _refused(self, form, error)
        return self.visit.redirect(self.visit.urls.settings(path))

    def _saved(self, form: SettingsForm) -> str:
        """Do what the form says; gives the path of the repository from then on."""
        grant, repositories = self.admin_grant, self.scope.repositories
        repositories.describe(
            grant, description=form.repo_description, is_private=form.is_private, issue_links=form.issue_links
        )
        if form.owner:
            repositories.give_to(grant, self.scope.accounts.by_name(form.owner))
        return repositories.rename(grant, form.repo_name).text if form.repo_name else grant.target.path

    def _asked_to_save(self, form: SettingsForm, preview: Preview) -> Response:
        """The page before something becomes visible or invisible to somebody."""
        facts, urls = self.grant.target, self.visit.urls
        says = []
        if form.repo_name and form.repo_name != facts.path:
            says.append(f"It moves to {form.repo_name}.")
        if form.is_private is not None and form.is_private is not facts.is_private:
            says.append("It becomes private." if form.is_private else "It is not private any more.")
        if form.owner and form.owner != self.scope.accounts.names([facts.owner_id])[facts.owner_id]:
            says.append(f"It belongs to {form.owner}.")
        return asked(
            self.visit, facts, preview, " ".join(says), written(replace(form, preview=False)),
            save_url=urls.save_repository(facts.path), cancel_url=urls.settings(facts.path),
        )  # fmt: skip

    @action(requires=Access.ADMIN)
    def delete(self) -> Response:
        path = self.grant.target.path
        if self.form(DeleteForm).confirm.strip() != path:
            error = Invalid("Nothing was deleted.", fields={"confirm": f"Type {path} to delete it."})
            return _refused(self, SettingsForm(), error)
        grant, urls = self.admin_grant, self.visit.urls
        self.scope.repositories.delete(grant)
        # A copy that was not ready is not kept.
        return self.visit.redirect(urls.done(REPOSITORY_DELETED) if grant.target.is_ready else urls.home())


def _settings(place: RepositoryPlace, form: SettingsForm | None = None, errors: dict[str, str] | None = None) -> SettingsPage:
    facts = place.grant.target
    owner = place.scope.accounts.names([facts.owner_id])[facts.owner_id]
    values = RepositorySettings(facts.path, facts.description, facts.is_private, owner, facts.issue_links)
    if form is not None and (form.repo_name or form.owner):
        values = RepositorySettings(
            form.repo_name or facts.path,
            facts.description if form.repo_description is None else form.repo_description,
            facts.is_private if form.is_private is None else form.is_private,
            form.owner or owner,
            facts.issue_links if form.issue_links is None else form.issue_links,
        )
    return settings_page(place.visit.urls, place.shown, number=facts.id, values=values, errors=errors)


def _refused(place: RepositoryPlace, form: SettingsForm, error: KallitheaError) -> Response:
    if isinstance(error, Invalid) and error.fields:
        fields = error.fields
    else:
        fields = {"owner" if isinstance(error, NotFound) else "repo_name": error.message}
    return place.visit.rendered(_settings(place, form, fields), status=status_of(error))
